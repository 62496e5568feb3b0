/** @import { Holder } from "../types.js" */
/** @import { Words } from "../i18n.js" */
import { el, say, set } from "./dom.js";
import { icon } from "./icons.js";

/** Who is spoken to, the way back and the way out; below it what is the matter, if anything is. */
export class Head {
  #dot = el("span", { class: "dot" });
  #state = el("span", { class: "cut" });
  #line = el("p", { class: "line", role: "status", hidden: true });
  #banner = el("div", { class: "banner", role: "status", hidden: true });

  /**
   * @param {object} parts
   * @param {Words} parts.words
   * @param {string} parts.company
   * @param {string} parts.bot
   * @param {number} parts.answerWithinS
   * @param {() => void} parts.back
   * @param {() => void} parts.close
   */
  constructor({ words, company, bot, answerWithinS, back, close }) {
    this.words = words;
    this.bot = bot;
    this.answerWithinS = answerWithinS;
    this.title = el("h2", { class: "title", dir: "auto" }, company);
    this.back = el(
      "button",
      { type: "button", class: "tool", "aria-label": words.say("back"), click: back },
      icon("back", "large"),
    );
    this.close = el(
      "button",
      { type: "button", class: "tool", "aria-label": words.say("close"), click: close },
      icon("close", "large"),
    );
    const mark = el("span", { class: "mark", "aria-hidden": "true" }, icon("bot", "large"));
    const sub = el("p", { class: "sub" }, this.#dot, this.#state);
    this.nodes = [
      el(
        "header",
        { class: "head" },
        this.back,
        mark,
        el("div", { class: "grow" }, this.title, sub),
        this.close,
      ),
      this.#line,
      this.#banner,
    ];
  }

  /** @param {Holder} holder @param {string | null} agent @param {boolean} degraded */
  show(holder, agent, degraded) {
    const { words, bot } = this;
    const person = agent || words.say("a_person");
    const time = words.length(this.answerWithinS);
    const within = this.answerWithinS ? ` · ${words.say("replies_within", { time })}` : "";
    const state = {
      bot: bot + within,
      waiting: words.say("waiting_person"),
      human: words.say("human_here", { agent: person }),
      resolved: `${bot} · ${words.say("closed")}`,
    }[holder];
    say(this.#state, state);
    const waits = holder === "waiting" || (holder === "bot" && degraded);
    set(this.#dot, "class", waits ? "dot wait" : holder === "resolved" ? "dot off" : "dot");
  }

  /** @param {boolean} degraded @param {string} text what the server says of it */
  degrade(degraded, text) {
    set(this.#banner, "hidden", !degraded);
    if (!degraded) return this.#banner.replaceChildren();
    const { words } = this;
    const said = text || words.say("degraded");
    if (this.#banner.dataset.said === said && this.#banner.childElementCount > 0) return;
    this.#banner.dataset.said = said;
    this.#banner.replaceChildren(
      icon("bolt"),
      el("p", {}, el("strong", {}, words.say("degraded_title")), ` ${said}`),
    );
  }

  /**
   * One line on the connection; null when all is well.
   * @param {string | null} text
   * @param {{label: string, press: () => void} | null} way out
   */
  tell(text, way = null) {
    set(this.#line, "hidden", text === null);
    if (text === null) return this.#line.replaceChildren();
    if (this.#line.dataset.said === text && this.#line.childElementCount > 0) return;
    this.#line.dataset.said = text;
    const sign = way
      ? icon("warning", "small")
      : el("span", { class: "dots", "aria-hidden": "true" }, el("b"), el("b"), el("b"));
    this.#line.replaceChildren(sign, el("span", { class: "grow" }, text));
    if (way) this.#line.append(el("button", { type: "button", click: way.press }, way.label));
  }
}
