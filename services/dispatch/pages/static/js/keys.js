// The keyboard: one key for each thing, whatever has the focus; typing and pressing buttons stay what they are.

/** `does`: key name -> act. Held keys count once; a shortcut of the browser is left alone. */
export function listen(does) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("input, select, textarea")) return;
    const pressing = [" ", "Enter"].includes(key) && target.closest("button, a");
    const moving = key.startsWith("Arrow") && target.closest("#map");
    if (!(key in does) || pressing || moving) return;
    event.preventDefault();
    does[key]();
  });
}
