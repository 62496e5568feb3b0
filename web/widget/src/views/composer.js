/** @import { Words } from "../i18n.js" */
import { codePoints } from "../thread.js";
import { el, say, set } from "./dom.js";
import { icon } from "./icons.js";

const MOST_ROWS = 6;

/** Where the customer writes. What is written is never lost: each change is handed to `keep`. */
export class Composer {
  #excess = el("p", { class: "excess", role: "status", hidden: true });
  #hint = el("p", { class: "hint", role: "status", hidden: true });
  #limit;

  /**
   * @param {object} parts
   * @param {Words} parts.words
   * @param {string} parts.draft
   * @param {number} parts.limit most characters of a message
   * @param {(text: string) => void} parts.send
   * @param {(draft: string) => void} parts.keep
   * @param {() => void} parts.leave Esc was pressed here
   */
  constructor({ words, draft, limit, send, keep, leave }) {
    this.words = words;
    this.send = send;
    this.keep = keep;
    this.#limit = limit;
    this.field = el("textarea", {
      rows: 1,
      dir: "auto",
      enterkeyhint: "send",
      autocomplete: "off",
      "aria-label": words.say("message"),
      placeholder: words.say("write"),
      input: () => this.#changed(),
      keydown: (event) => {
        const key = /** @type {KeyboardEvent} */ (event);
        if (key.isComposing) return; // the key belongs to the writing system
        if (key.key === "Enter" && !key.shiftKey) {
          key.preventDefault();
          this.#submit();
        } else if (key.key === "Escape") {
          key.stopPropagation();
          leave();
        }
      },
    });
    this.button = el(
      "button",
      { type: "submit", class: "send", "aria-label": words.say("send") },
      icon("send", "large"),
    );
    this.form = el(
      "form",
      {
        class: "composer",
        submit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.field,
      this.button,
    );
    this.node = el("div", { class: "write" }, this.#hint, this.#excess, this.form);
    this.field.value = draft;
    this.#changed();
  }

  /** @param {"write" | "write_ticket" | "write_new"} key */
  invite(key) {
    set(this.field, "placeholder", this.words.say(key));
  }

  /** A passing word above the field; "" takes it away. @param {string} text */
  hint(text) {
    say(this.#hint, text);
    set(this.#hint, "hidden", text === "");
  }

  focus() {
    this.field.focus();
  }

  /** Fit the rows to the text; without styles, so that it holds under any policy. */
  fit() {
    const { field } = this;
    if (CSS.supports("field-sizing", "content") || field.clientHeight === 0) return;
    field.rows = 1;
    while (field.rows < MOST_ROWS && field.scrollHeight > field.clientHeight) field.rows += 1;
  }

  #changed() {
    const { value } = this.field;
    const excess = codePoints(value.trim()) - this.#limit;
    set(this.#excess, "hidden", excess <= 0);
    if (excess > 0) say(this.#excess, this.words.say("too_long", { n: excess }));
    set(this.button, "aria-disabled", value.trim() === "" || excess > 0 ? "true" : false);
    this.keep(value);
    this.fit();
  }

  #submit() {
    const text = sendable(this.field.value);
    if (text === "" || codePoints(text) > this.#limit) return;
    this.field.value = "";
    this.#changed();
    this.send(text);
  }
}

/** Without characters that carry no meaning and only cost room. @param {string} text */
export function sendable(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "").trim();
}
