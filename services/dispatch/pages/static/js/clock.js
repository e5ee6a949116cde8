// The server's clock decides what is old: a workstation's clock may be wrong.

let offset = 0;

/**
 * Learn from the Date header of an answer (whole seconds, hence the half).
 * @param {Response} response
 */
export function learn(response) {
  const told = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(told)) return;
  const seen = told + 500 - Date.now();
  if (Math.abs(seen - offset) > 1500) offset = seen;
}

export const now = () => Date.now() + offset;

/** @param {string} moment */
export const secondsSince = (moment) => Math.max(0, (now() - Date.parse(moment)) / 1000);

/**
 * 75 -> "1:15", 3675 -> "1:01:15".
 * @param {number} seconds
 */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  /** @param {number} n */
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * @param {string} moment
 * @param {string} locale
 */
export const clockTime = (moment, locale) =>
  new Date(moment).toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone: "Europe/Brussels",
  });
