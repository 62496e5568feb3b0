/** @import { Block } from "./blocks.js" */
/** @import { Inline } from "./inline.js" */
import { Blocks, Lines, undecided } from "./blocks.js";
import { inline } from "./inline.js";

const DEEPEST_LIST = 4;

/** A list that items still join. @typedef {{list: Element, item: Element, ordered: boolean, indent: number}} Level */

/**
 * Renders a reply as it is written, into nodes made of `textContent` alone. Finished blocks are
 * never touched again; the last, open one is drawn anew with each piece. The result depends on the
 * text only, never on where it was cut into pieces.
 */
export class Markdown {
  #lines = new Lines();
  #blocks = new Blocks();
  /** @type {Level[]} */
  #levels = [];
  /** Nodes that show what is still open. @type {Element[]} */
  #drawn = [];

  /** @param {Element} root @param {Set<string>} hosts where links may lead */
  constructor(root, hosts) {
    this.root = root;
    this.hosts = hosts;
    this.document = root.ownerDocument;
  }

  /** @param {string} text */
  push(text) {
    this.#erase();
    for (const line of this.#lines.push(text)) {
      const ended = this.#blocks.line(line);
      if (ended) this.#place(ended, true);
    }
    this.#sketch();
  }

  /** No more will come: marks left open were only characters. */
  finish() {
    this.#erase();
    const ended = this.#lines.rest ? this.#blocks.line(this.#lines.rest) : null;
    if (ended) this.#place(ended, true);
    if (this.#blocks.open) this.#place(this.#blocks.open, true);
    this.#lines = new Lines();
    this.#blocks = new Blocks();
    this.#levels = [];
  }

  /** Withdraw everything. */
  clear() {
    this.#lines = new Lines();
    this.#blocks = new Blocks();
    this.#levels = [];
    this.#drawn = [];
    this.root.replaceChildren();
  }

  #erase() {
    for (const node of this.#drawn) node.remove();
    this.#drawn = [];
  }

  /** Draw what is open, in a way that can be erased. */
  #sketch() {
    const before = this.#levels;
    const blocks = this.#blocks.copy();
    const { rest } = this.#lines;
    const ended = undecided(rest, blocks) ? null : blocks.line(rest);
    if (ended) this.#drawn.push(this.#place(ended, true));
    if (blocks.open) this.#drawn.push(this.#place(blocks.open, false));
    this.#levels = before;
  }

  /** @param {Block} block @param {boolean} final @returns {Element} what was added to the tree */
  #place(block, final) {
    if (block.kind === "item") return this.#placeItem(block, final);
    this.#levels = [];
    const node = this.#element(block.kind === "code" ? "pre" : "p");
    if (block.kind === "code") {
      const code = this.#element("code");
      code.textContent = block.text;
      node.append(code);
    } else if (block.kind === "heading") {
      const strong = this.#element("strong");
      this.#fill(strong, block.text, final);
      node.append(strong);
    } else this.#fill(node, block.text, final);
    this.root.append(node);
    return node;
  }

  /** @param {Block} block @param {boolean} final */
  #placeItem({ text, ordered = false, number = 1, indent = 0 }, final) {
    const item = this.#element("li");
    this.#fill(item, text, final);
    let levels = this.#levels;
    while (levels.length > 1 && indent < (levels.at(-1)?.indent ?? 0)) levels = levels.slice(0, -1);
    const level = levels.at(-1);
    const deeper = level && indent >= level.indent + 2 && levels.length < DEEPEST_LIST;
    if (level && !deeper && level.ordered === ordered) {
      level.list.append(item);
      this.#levels = [...levels.slice(0, -1), { ...level, item }];
      return item;
    }
    const around = deeper ? levels : levels.slice(0, -1);
    const list = this.#element(ordered ? "ol" : "ul");
    if (ordered && number !== 1) list.setAttribute("start", String(number));
    list.append(item);
    (around.at(-1)?.item ?? this.root).append(list);
    this.#levels = [...around, { list, item, ordered, indent }];
    return list;
  }

  /** @param {Element} node @param {string} text @param {boolean} final */
  #fill(node, text, final) {
    this.#append(node, inline(text, this.hosts, final));
  }

  /** @param {Element} node @param {Inline[]} pieces */
  #append(node, pieces) {
    for (const piece of pieces) {
      if (typeof piece === "string") {
        node.append(piece);
        continue;
      }
      const child = this.#element(piece.tag);
      if (piece.href) {
        child.setAttribute("href", piece.href);
        child.setAttribute("target", "_blank");
        child.setAttribute("rel", "noopener noreferrer nofollow");
      }
      this.#append(child, piece.inner);
      node.append(child);
    }
  }

  /** @param {string} tag */
  #element(tag) {
    return this.document.createElement(tag);
  }
}

/** @param {Element} root @param {string} text @param {Set<string>} hosts */
export function render(root, text, hosts) {
  const markdown = new Markdown(root, hosts);
  markdown.push(text);
  markdown.finish();
}
