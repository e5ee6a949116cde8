// The alarm tone. Muting silences the alarms that stand there; the next one sounds again.

const EVERY_MS = 1600;

let audio = null;
let silenced = false;
let wanted = null; // "alarm" | "lost" | null
let blockedShown = () => {};

/** `onBlocked(true|false)`: the browser refuses sound until somebody touches the page. */
export function prepare(onBlocked) {
  blockedShown = onBlocked;
  audio = new AudioContext();
  const tell = () => blockedShown(audio.state !== "running");
  audio.addEventListener("statechange", tell);
  const wake = () => audio.state !== "running" && audio.resume().catch(() => {});
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, wake, { capture: true });
  wake();
  tell();
  setInterval(beat, EVERY_MS);
}

export const isSilenced = () => silenced;
export const silence = (on) => { silenced = on; };

/** What should be heard from now on; sounds at once when that changes. */
export function want(kind) {
  if (kind === wanted) return;
  wanted = kind;
  beat();
}

function beat() {
  if (!wanted || silenced || audio?.state !== "running") return;
  if (wanted === "alarm") [880, 660, 880].forEach((pitch, i) => tone(pitch, i * 0.2, 0.17));
  else [330, 262].forEach((pitch, i) => tone(pitch, i * 0.3, 0.25));
}

function tone(pitch, after, seconds) {
  const [source, gain] = [audio.createOscillator(), audio.createGain()];
  const start = audio.currentTime + after;
  source.type = "square";
  source.frequency.value = pitch;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.2, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
  source.connect(gain).connect(audio.destination);
  source.start(start);
  source.stop(start + seconds);
}
