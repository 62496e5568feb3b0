/**
 * @typedef {string | number | boolean | null | undefined} Value
 * @typedef {Record<string, Value | ((event: Event) => void)>} Attributes
 */

/**
 * An element with attributes (functions listen to the event they are named after) and children.
 * Text becomes text nodes, so nothing said here is ever read as markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes `false`, `null` and `undefined` leave one out, `true` is an empty one
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else set(node, name, value);
  }
  for (const child of children) if (child || child === "") node.append(child);
  return node;
}

/** @param {Element} node @param {string} name @param {Value} value */
export function set(node, name, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Change a text only when it differs, so that nothing is announced anew. @param {Node} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
