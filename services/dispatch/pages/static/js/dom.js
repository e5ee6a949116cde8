// Building the page. Data only ever becomes text: nothing here parses markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children (strings become text; null and false are left out). */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "onclick") node.addEventListener("click", value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Rebuild a node's children only when `key` changed, and give the focus back to the same control (`data-hold`). */
export function fill(node, key, build) {
  const text = JSON.stringify(key);
  if (node.shownKey === text) return;
  node.shownKey = text;
  const held = node.contains(document.activeElement) ? document.activeElement.dataset.hold : null;
  node.replaceChildren(...build().flat(Infinity).filter(Boolean));
  if (held) node.querySelector(`[data-hold="${CSS.escape(held)}"]`)?.focus();
}

/** Show text, or hide the node when there is none. */
export function say(node, text) {
  node.hidden = !text;
  if (node.textContent !== (text ?? "")) node.textContent = text ?? "";
}
