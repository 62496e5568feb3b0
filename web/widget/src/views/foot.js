/** @import { Holder } from "../types.js" */
/** @import { Words } from "../i18n.js" */
import { el, say, set } from "./dom.js";
import { icon } from "./icons.js";

/** The honest word about who answers, and the way to a person. */
export class Foot {
  #word = el("span");
  #label = el("span");

  /** @param {Words} words @param {() => void} handoff */
  constructor(words, handoff) {
    this.words = words;
    this.button = el(
      "button",
      { type: "button", click: handoff },
      icon("person", "small"),
      this.#label,
    );
    this.node = el("div", { class: "foot" }, this.#word, this.button);
  }

  /** @param {Holder} holder @param {boolean} asking */
  show(holder, asking) {
    const { words } = this;
    const human = holder === "human";
    say(this.#word, words.say(human ? "by_person" : "automated"));
    say(this.#label, words.say(asking ? "asking" : "talk"));
    set(this.button, "hidden", human);
    set(this.button, "aria-disabled", asking ? "true" : false);
  }
}
