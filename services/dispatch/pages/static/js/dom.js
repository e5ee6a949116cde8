// Building the page. Data only ever becomes text: nothing here parses markup.

/**
 * An element that the page has.
 * @template {string} Id
 * @param {Id} id
 */
export const byId = (id) =>
  /** @type {Id extends keyof Elements ? Elements[Id] : HTMLElement} */ (document.getElementById(id));

/**
 * An element with attributes and children (strings become text; null and false are left out).
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, Attribute>} [attributes]
 * @param {Child[]} children
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...flat(children).filter(isShown));
  return node;
}

/**
 * @param {Child[]} children
 * @returns {(Exclude<Child, Child[]>)[]}
 */
const flat = (children) => children.flatMap((child) => (Array.isArray(child) ? flat(child) : [child]));

/** @param {Child} child @returns {child is Node | string} */
const isShown = (child) => child !== null && child !== undefined && child !== false;

/**
 * Elements within a node.
 * @param {ParentNode} node
 * @param {string} selector
 */
export const parts = (node, selector) =>
  /** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll(selector));

/**
 * The first of them, which must be there.
 * @param {ParentNode} node
 * @param {string} selector
 */
export const part = (node, selector) => /** @type {HTMLElement} */ (node.querySelector(selector));

/** What has the focus. */
export const focused = () => /** @type {HTMLElement | null} */ (document.activeElement);

/**
 * Rebuild a node's children only when `key` changed, and give the focus back to the same control (`data-hold`).
 * @param {HTMLElement} node
 * @param {unknown} key
 * @param {() => Child[]} build
 */
export function fill(node, key, build) {
  const text = JSON.stringify(key);
  if (node.shownKey === text) return;
  node.shownKey = text;
  const held = node.contains(focused()) ? focused()?.dataset.hold : null;
  node.replaceChildren(...flat(build()).filter(isShown));
  if (held) parts(node, `[data-hold="${CSS.escape(held)}"]`)[0]?.focus();
}

/**
 * Show text, or hide the node when there is none.
 * @param {HTMLElement} node
 * @param {string | null | undefined} text
 */
export function say(node, text) {
  node.hidden = !text;
  if (node.textContent !== (text ?? "")) node.textContent = text ?? "";
}
