// What a page has: the types of elements that were looked for.

/**
 * An element that the page has.
 * @param {string | undefined} id
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id ?? ""));

/**
 * Elements within a node.
 * @param {ParentNode} node
 * @param {string} selector
 */
export const parts = (node, selector) => /** @type {HTMLElement[]} */ ([...node.querySelectorAll(selector)]);

/** What a page is about. */
export const mainOf = (/** @type {Document} */ page) => /** @type {HTMLElement} */ (page.querySelector("main"));
