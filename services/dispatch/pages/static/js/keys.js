// The keyboard: one key for each thing, whatever has the focus; typing and pressing buttons stay what they are.

/**
 * `does`: key name -> act. Held keys count once; a shortcut of the browser is left alone.
 * @param {Record<string, () => unknown>} does
 */
export function listen(does) {
  document.addEventListener("keydown", (event) => {
    if (isForTheBrowser(event) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = event.target instanceof Element ? event.target : document.body;
    if (!(key in does) || isForTheFocused(key, target)) return;
    event.preventDefault();
    does[key]();
  });
}

/** @param {KeyboardEvent} event */
const isForTheBrowser = (event) =>
  event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing;

/**
 * Typing, pressing a button and moving the map stay what they are.
 * @param {string} key
 * @param {Element} target
 */
function isForTheFocused(key, target) {
  if (target.closest("input, select, textarea")) return true;
  if ([" ", "Enter"].includes(key) && target.closest("button, a")) return true;
  return key.startsWith("Arrow") && Boolean(target.closest("#map"));
}
