import { el, say, set } from "./dom.js";
import { icon } from "./icons.js";

/** @import { Words } from "../i18n.js" */

const NEAR_PX = 48;

/**
 * Keeps the newest words in sight for who is at the end, and leaves who reads further up alone:
 * they get a button that counts what they have not seen.
 */
export class Follow {
  #count = 0;
  #words;
  #label = el("span");
  following = true;

  /** @param {HTMLElement} log @param {Words} words @param {() => void} reachedEnd */
  constructor(log, words, reachedEnd) {
    this.log = log;
    this.#words = words;
    this.button = el(
      "button",
      { type: "button", class: "newer", hidden: true, click: () => this.toEnd() },
      icon("down", "small"),
      this.#label,
    );
    // The log itself is smaller when the composer grows or a phone's keyboard comes up.
    new ResizeObserver(() => this.grown()).observe(log);
    log.addEventListener("scroll", () => {
      const before = this.following;
      this.following = this.#atEnd();
      if (this.following) this.#clear();
      if (this.following && !before) reachedEnd();
    });
  }

  /** Something was added or has grown. @param {boolean} counts whether it is a message of the other side */
  grown(counts = false) {
    if (this.following) this.log.scrollTop = this.log.scrollHeight;
    else if (counts) {
      this.#count += 1;
      say(this.#label, this.#words.say("new_messages", { n: this.#count }));
      set(this.button, "hidden", false);
    }
  }

  toEnd() {
    this.following = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.#clear();
  }

  #clear() {
    this.#count = 0;
    set(this.button, "hidden", true);
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.log;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }
}
