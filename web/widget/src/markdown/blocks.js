/**
 * A block of a reply. `indent` and `number` matter to list items only.
 * @typedef {object} Block
 * @property {"paragraph" | "heading" | "item" | "code"} kind
 * @property {string} text
 * @property {boolean} [ordered]
 * @property {number} [number]
 * @property {number} [indent] spaces before the marker
 */

const FENCE = /^ {0,3}```[^`]*$/;
const FENCE_END = /^ {0,3}```+\s*$/;
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const HEADING = /^#{1,6}\s+(\S.*)$/;
const ITEM = /^(\s{0,40})(?:[-*+•]|(\d{1,9})[.)])\s+(\S.*)$/;
/** What may yet become a marker, a fence or a rule: not shown until that is known. */
const UNDECIDED = /^\s*(?:[-*_+•]{1,3}|#{1,6}|\d{1,9}[.)]?|`{1,3}\w*)?\s*$/;
/** Longer ones are cut, so that showing the next word never costs more than this. */
const LONGEST_LINE = 4_000;
const LONGEST_BLOCK = 8_000;

/** Cuts text into lines, however it arrives. */
export class Lines {
  rest = "";

  /** @param {string} text @returns {string[]} the lines now complete */
  push(text) {
    this.rest += text;
    /** @type {string[]} */
    const lines = [];
    let from = 0;
    for (;;) {
      const end = this.rest.indexOf("\n", from);
      if (end >= 0 && end - from <= LONGEST_LINE) {
        lines.push(this.rest.slice(from, end).replace(/\r$/, ""));
        from = end + 1;
      } else if (this.rest.length - from > LONGEST_LINE) {
        const cut =
          from + LONGEST_LINE - (isHighSurrogate(this.rest, from + LONGEST_LINE - 1) ? 1 : 0);
        lines.push(this.rest.slice(from, cut));
        from = cut;
      } else break;
    }
    this.rest = this.rest.slice(from);
    return lines;
  }
}

/** Makes blocks of lines. Only the open block can still change. */
export class Blocks {
  /** @type {Block | null} */
  open = null;
  /** Whether a blank line came after the open block. */
  blank = false;

  /** The same state, to try out a line that is not complete. */
  copy() {
    const copy = new Blocks();
    copy.open = this.open && { ...this.open };
    copy.blank = this.blank;
    return copy;
  }

  /** @param {string} line @returns {Block | null} the block which this line ended */
  line(line) {
    const { open } = this;
    if (open?.kind === "code") {
      if (FENCE_END.test(line)) return this.#begin(null);
      if (open.text.length < LONGEST_BLOCK) {
        open.text += (open.text && "\n") + line;
        return null;
      }
      return this.#begin({ kind: "code", text: line });
    }
    if (line.trim() === "") {
      this.blank = true;
      return null;
    }
    if (FENCE.test(line)) return this.#begin({ kind: "code", text: "" });
    if (RULE.test(line)) return this.#begin(null);
    const heading = HEADING.exec(line)?.[1];
    if (heading) return this.#begin({ kind: "heading", text: heading.replace(/\s+#+\s*$/, "") });
    const item = this.#item(line);
    if (item) return this.#begin(item);
    return this.#text(line);
  }

  /** @param {string} line @returns {Block | null} */
  #item(line) {
    const found = ITEM.exec(line);
    if (!found) return null;
    const [, space = "", digits, text = ""] = found;
    const number = Number(digits ?? 1);
    // "… on the\n5. of May": a number goes on with a sentence, unless a list could begin with it.
    const within = this.open?.kind === "paragraph" && !this.blank && digits && number !== 1;
    if (within) return null;
    const indent = space.replaceAll("\t", "    ").length;
    return { kind: "item", text, ordered: digits !== undefined, number, indent };
  }

  /** @param {string} line */
  #text(line) {
    const { open, blank } = this;
    const text = line.trim();
    const goesOn =
      (open?.kind === "paragraph" && !blank) ||
      (open?.kind === "item" && (!blank || line.startsWith("  ")));
    if (open && goesOn && open.text.length + text.length < LONGEST_BLOCK) {
      open.text += `\n${text}`;
      this.blank = false;
      return null;
    }
    return this.#begin({ kind: "paragraph", text });
  }

  /** @param {Block | null} next */
  #begin(next) {
    const ended = this.open;
    this.open = next;
    this.blank = false;
    return ended;
  }
}

/** Whether a line that is not complete says yet what it is. @param {string} line @param {Blocks} state */
export function undecided(line, state) {
  if (state.open?.kind === "code") return /^ {0,3}`{1,3}\s*$/.test(line);
  return UNDECIDED.test(line);
}

/** @param {string} text @param {number} at */
function isHighSurrogate(text, at) {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}
