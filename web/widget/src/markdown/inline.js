import { safeAddress } from "./links.js";

/**
 * Text with its marks. A link's `href` has passed `safeAddress`.
 * @typedef {string | {tag: "strong" | "em" | "code" | "a" | "br", href?: string, inner: Inline[]}} Inline
 */

/** @typedef {{mark: string, tag: "strong" | "em", inner: Inline[]}} Open */

const TOKEN = /\\[!-/:-@[-`{-~]|`+|\*{1,3}|_{1,2}|!?\[|https:\/\/|\n/g;
const LINK = /\[([^[\]\n]{1,300})\]\(\s{0,3}([^()\s<>]{1,2000})\s{0,3}\)/y;
const IMAGE = /!\[[^\]\n]{0,300}\]\([^)\n]{0,2000}\)/y;
const UNFINISHED_LINK = /\[([^[\]\n]{0,300})(?:\](?:\([^()\s<>]{0,2000})?)?$/y;
const BARE = /https:\/\/[^\s<>"'`*\\^{}|()[\]]+/y;
const CLOSING_PUNCTUATION = /[.,;:!?…]+$/;
const WORD = /[\p{L}\p{N}]/u;
// Controls, and the marks that make text read in another order than it is written.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/g;
const DEEPEST = 6;

/**
 * The inline subset: bold, italic, code and links to allowed hosts; everything else stays text.
 * Linear in the length of `text`.
 * @param {string} text
 * @param {Set<string>} hosts
 * @param {boolean} final false while more may come: what is not closed yet is taken for open
 * @returns {Inline[]}
 */
export function inline(text, hosts, final = true) {
  return new Reader(text.replace(INVISIBLE, ""), hosts, final).read();
}

/**
 * The words of a message on one line, without its marks.
 * @param {string} text
 */
export function plain(text) {
  const lines = text.replace(/^\s*(?:#{1,6}|[-*+•]|>|```\w*)\s+/gm, "");
  return spoken(inline(lines, NOWHERE)).replace(/\s+/g, " ").trim();
}

/** @type {Set<string>} */
const NOWHERE = new Set();

/** @param {Inline[]} pieces @returns {string} */
function spoken(pieces) {
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      return piece.tag === "br" ? " " : spoken(piece.inner);
    })
    .join("");
}

class Reader {
  /** @type {Inline[]} */
  #top = [];
  /** @type {Open[]} */
  #open = [];
  /** Lengths of backtick runs known to have no partner further on. @type {Set<number>} */
  #alone = new Set();
  #at = 0;

  /** @param {string} text @param {Set<string>} hosts @param {boolean} final */
  constructor(text, hosts, final) {
    this.text = text;
    this.hosts = hosts;
    this.final = final;
  }

  read() {
    const { text } = this;
    while (this.#at < text.length) {
      TOKEN.lastIndex = this.#at;
      const token = TOKEN.exec(text);
      if (!token) break;
      if (token.index > this.#at) this.#put(text.slice(this.#at, token.index));
      this.#at = token.index;
      this.#token(token[0]);
    }
    if (this.#at < text.length) this.#put(text.slice(this.#at));
    while (this.#open.length > 0) {
      const last = /** @type {Open} */ (this.#open.at(-1));
      if (this.final) this.#unwrap();
      else if (last.inner.length > 0) this.#wrap();
      else this.#open.pop();
    }
    return this.#top;
  }

  /** @param {string} token */
  #token(token) {
    if (token === "\n") this.#step(token, { tag: "br", inner: [] });
    else if (token[0] === "\\") this.#step(token, token.slice(1));
    else if (token[0] === "`") this.#code(token);
    else if (token === "https://") this.#bare(token);
    else if (token === "[") this.#link();
    else if (token === "![") this.#image(token);
    else this.#emphasis(token);
  }

  /** @param {string} ticks */
  #code(ticks) {
    const start = this.#at + ticks.length;
    const end = this.#alone.has(ticks.length) ? -1 : this.text.indexOf(ticks, start);
    if (end < 0) this.#alone.add(ticks.length);
    if (end < 0 && this.final) return this.#step(ticks, ticks);
    const stop = end < 0 ? this.text.length : end;
    const inner = this.text.slice(start, stop).replaceAll("\n", " ").trim();
    if (inner) this.#put({ tag: "code", inner: [inner] });
    this.#at = end < 0 ? stop : end + ticks.length;
  }

  #link() {
    const whole = this.#match(LINK);
    if (whole) {
      const [source, label = "", address = ""] = whole;
      const href = safeAddress(address, this.hosts);
      return this.#step(source, href ? { tag: "a", href, inner: [label] } : source);
    }
    const begun = this.final ? null : this.#match(UNFINISHED_LINK);
    if (begun) return this.#step(begun[0], begun[1] ?? "");
    return this.#step("[", "[");
  }

  /** An image would be fetched unasked, and could carry words away: it stays text. @param {string} token */
  #image(token) {
    const source = this.#match(IMAGE)?.[0] ?? token;
    this.#step(source, source);
  }

  /** @param {string} token */
  #bare(token) {
    const found = this.#match(BARE)?.[0].replace(CLOSING_PUNCTUATION, "") ?? token;
    const href = safeAddress(found, this.hosts);
    this.#step(found, href ? { tag: "a", href, inner: [found] } : found);
  }

  /** @param {string} token */
  #emphasis(token) {
    const before = this.text[this.#at - 1] ?? " ";
    const after = this.text[this.#at + token.length] ?? "";
    const marks = token.length === 3 ? this.#bothMarks() : [token];
    this.#at += token.length;
    for (const mark of marks) {
      const tight = mark !== "**"; // within a word, `*` and `_` are themselves
      const closes = before.trim() !== "" && !(tight && WORD.test(after)) && this.#isOpen(mark);
      const opens = after.trim() !== "" && !(tight && WORD.test(before));
      if (closes) this.#close(mark);
      else if ((opens || (after === "" && !this.final)) && this.#open.length < DEEPEST) {
        this.#open.push({ mark, tag: mark.length === 2 ? "strong" : "em", inner: [] });
      } else this.#put(mark);
    }
  }

  /** Three stars close the inner mark first, and open the bold one first. */
  #bothMarks() {
    return this.#open.at(-1)?.mark === "*" ? ["*", "**"] : ["**", "*"];
  }

  /** @param {string} mark */
  #isOpen(mark) {
    return this.#open.some((open) => open.mark === mark && open.inner.length > 0);
  }

  /** @param {string} mark */
  #close(mark) {
    while (this.#open.at(-1)?.mark !== mark) this.#unwrap();
    this.#wrap();
  }

  /** The innermost mark was meant. */
  #wrap() {
    const { tag, inner } = /** @type {Open} */ (this.#open.pop());
    this.#put({ tag, inner });
  }

  /** The innermost mark was only characters. */
  #unwrap() {
    const { mark, inner } = /** @type {Open} */ (this.#open.pop());
    this.#put(mark);
    for (const piece of inner) this.#put(piece);
  }

  /** @param {RegExp} sticky */
  #match(sticky) {
    sticky.lastIndex = this.#at;
    return sticky.exec(this.text);
  }

  /** Go past `source`, having read it as `piece`. @param {string} source @param {Inline} piece */
  #step(source, piece) {
    this.#at += source.length;
    this.#put(piece);
  }

  /** @param {Inline} piece */
  #put(piece) {
    if (piece === "") return;
    const pieces = this.#open.at(-1)?.inner ?? this.#top;
    const last = pieces.at(-1);
    if (typeof piece === "string" && typeof last === "string") {
      pieces[pieces.length - 1] = last + piece;
    } else pieces.push(piece);
  }
}
