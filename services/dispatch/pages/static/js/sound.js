// The alarm tone. Muting silences the alarms that stand there; the next one sounds again.

const EVERY_MS = 1600;
// Pitches in hertz; a tone begins every so many seconds and lasts so many.
const TUNES = {
  alarm: { pitches: [880, 660, 880], every: 0.2, lasts: 0.17 },
  lost: { pitches: [330, 262], every: 0.3, lasts: 0.25 },
};

/** @type {AudioContext | null} */
let audio = null;
let silenced = false;
/** @type {keyof typeof TUNES | null} */
let wanted = null;
/** @type {(blocked: boolean) => void} */
let blockedShown = () => {};

/**
 * `onBlocked(true|false)`: the browser refuses sound until somebody touches the page.
 * @param {(blocked: boolean) => void} onBlocked
 */
export function prepare(onBlocked) {
  blockedShown = onBlocked;
  const opened = new AudioContext();
  audio = opened;
  const tell = () => blockedShown(opened.state !== "running");
  opened.addEventListener("statechange", tell);
  const wake = () => opened.state !== "running" && opened.resume().catch(() => {});
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, wake, { capture: true });
  wake();
  tell();
  setInterval(beat, EVERY_MS);
}

export const isSilenced = () => silenced;
/** @param {boolean} on */
export const silence = (on) => {
  silenced = on;
};

/**
 * What should be heard from now on; sounds at once when that changes.
 * @param {keyof typeof TUNES | null} kind
 */
export function want(kind) {
  if (kind === wanted) return;
  wanted = kind;
  beat();
}

function beat() {
  if (!wanted || silenced || audio?.state !== "running") return;
  const tune = TUNES[wanted];
  for (const [i, pitch] of tune.pitches.entries()) tone(audio, pitch, i * tune.every, tune.lasts);
}

/**
 * @param {AudioContext} context
 * @param {number} pitch
 * @param {number} after
 * @param {number} seconds
 */
function tone(context, pitch, after, seconds) {
  const [source, gain] = [context.createOscillator(), context.createGain()];
  const start = context.currentTime + after;
  source.type = "square";
  source.frequency.value = pitch;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.2, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
  source.connect(gain).connect(context.destination);
  source.start(start);
  source.stop(start + seconds);
}
