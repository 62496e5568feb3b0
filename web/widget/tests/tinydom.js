/** The few parts of a document that the Markdown renderer may use; anything else fails its test. */
export class TinyElement {
  /** @type {(TinyElement | string)[]} */
  childNodes = [];
  /** @type {Map<string, string>} */
  attributes = new Map();
  /** @type {TinyElement | null} */
  parent = null;

  /** @param {string} tag */
  constructor(tag) {
    this.tag = tag;
  }

  get ownerDocument() {
    return { createElement: (/** @type {string} */ tag) => new TinyElement(tag) };
  }

  /** @param {(TinyElement | string)[]} nodes */
  append(...nodes) {
    for (const node of nodes) {
      if (node instanceof TinyElement) node.parent = this;
      this.childNodes.push(node);
    }
  }

  remove() {
    const siblings = this.parent?.childNodes ?? [];
    siblings.splice(siblings.indexOf(this), 1);
    this.parent = null;
  }

  replaceChildren() {
    this.childNodes = [];
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  get textContent() {
    return this.childNodes
      .map((node) => (typeof node === "string" ? node : node.textContent))
      .join("");
  }

  set textContent(/** @type {string} */ text) {
    this.childNodes = [text];
  }

  /** All elements below, in order. @returns {TinyElement[]} */
  get all() {
    return this.childNodes
      .filter((node) => node instanceof TinyElement)
      .flatMap((node) => [node, ...node.all]);
  }

  /** Readable, with text quoted, so that a difference shows. @returns {string} */
  toString() {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}=${value}`).join("");
    const inner = this.childNodes.map((node) =>
      typeof node === "string" ? JSON.stringify(node) : node.toString(),
    );
    return `<${this.tag}${attributes}>${inner.join("")}</>`;
  }
}
