/** @import { MessageFrame, Source } from "../types.js" */
/** @import { Unsent } from "../outbox.js" */
/** @import { Words } from "../i18n.js" */
import { Markdown } from "../markdown/render.js";
import { el, say, set } from "./dom.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";

/**
 * What a message needs of the panel around it.
 * @typedef {object} Surroundings
 * @property {Words} words
 * @property {string} bot the bot's name
 * @property {Set<string>} hosts where links may lead
 * @property {(text: string) => void} announce
 * @property {(text: string) => void} send
 * @property {() => void} handoff
 * @property {() => void} stop
 * @property {(cid: string) => void} retry
 * @property {(message: string, value: 1 | -1, comment?: string) => void} vote
 * @property {(message: string) => number | undefined} voted
 * @property {(text: string) => Promise<void>} copy
 * @property {(draw: () => void) => void} nextFrame
 */

/** Rungs whose replies are answers, and therefore helpful or not. */
const ANSWERS = ["model", "alternative", "cache", "answer_bank", "tool"];

/** What the customer wrote, from waiting to be sent until it is said. */
export class OwnMessage {
  #meta = el("p", { class: "meta" });

  /** @param {Surroundings} around @param {string} text */
  constructor(around, text) {
    this.around = around;
    this.text = text;
    this.node = el(
      "li",
      { class: "mine" },
      el("span", { class: "unseen" }, around.words.say("you_said")),
      el("div", { class: "bubble", dir: "auto" }, text),
      this.#meta,
    );
  }

  /** @param {Unsent} entry */
  showUnsent(entry) {
    const { words } = this.around;
    set(this.node, "data-unsent", true);
    if (entry.failure === null) {
      set(this.node, "class", "mine waiting");
      this.#meta.replaceChildren(icon("clock", "small"), words.say("waiting"));
      return;
    }
    set(this.node, "class", "mine failed");
    const again = el(
      "button",
      { type: "button", click: () => this.around.retry(entry.cid) },
      icon("retry", "small"),
      words.say("again"),
    );
    this.#meta.replaceChildren(
      icon("warning", "small"),
      el("span", {}, [words.say("not_sent"), words.error(entry.failure, "")].join(" ").trim()),
      again,
      this.#copy(),
    );
  }

  #copy() {
    const { words, copy, announce } = this.around;
    const button = el("button", { type: "button" }, words.say("copy"));
    button.addEventListener("click", async () => {
      await copy(this.text);
      say(button, words.say("copied"));
      announce(words.say("copied"));
    });
    return button;
  }

  /** @param {Date} at */
  showSent(at) {
    const { words } = this.around;
    set(this.node, "class", "mine");
    set(this.node, "data-unsent", false);
    const time = el(
      "time",
      { datetime: at.toISOString(), title: words.full.format(at) },
      words.clock.format(at),
    );
    this.#meta.replaceChildren(time, ` · ${words.say("sent")}`);
  }
}

/** A reply, of the bot as it is being written or of anybody when it is done. */
export class ReplyMessage {
  #bubble = el("div", { class: "bubble words", dir: "auto" });
  #who = el("span", { class: "unseen" });
  #name = el("p", { class: "name", hidden: true });
  #under = el("div", { class: "under" });
  #body;
  #unwritten = "";
  #scheduled = false;
  node = el("li", { class: "theirs" }, this.#who, this.#name, this.#bubble, this.#under);

  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    this.#body = new Markdown(this.#bubble, around.hosts);
  }

  /** Begin to show words as they come. */
  write() {
    const { words, bot, stop } = this.around;
    say(this.#who, words.say("bot_writing", { bot }));
    set(this.node, "class", "theirs writing");
    set(this.#bubble, "hidden", true);
    this.#under.replaceChildren(
      el(
        "span",
        { class: "source" },
        el("span", { class: "dots", "aria-hidden": "true" }, el("b"), el("b"), el("b")),
        words.say("writing"),
      ),
      el(
        "button",
        { type: "button", class: "stop", click: stop },
        icon("stop", "small solid"),
        words.say("stop"),
      ),
    );
  }

  /** Words are drawn once a frame, however small the pieces are. @param {string} text @param {() => void} grown */
  add(text, grown) {
    this.#unwritten += text;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.around.nextFrame(() => {
      this.#scheduled = false;
      this.#flush();
      grown();
    });
  }

  /** What was said so far no longer holds; another attempt begins. */
  withdraw() {
    this.#unwritten = "";
    this.#body.clear();
    set(this.#bubble, "hidden", true);
    const status = this.#under.querySelector(".source");
    if (status) status.lastChild?.replaceWith(this.around.words.say("withdrawn"));
  }

  /**
   * The last word on what was said.
   * @param {MessageFrame} message
   * @param {string} agent the name of a person who said it
   * @param {boolean} same whether all of it is shown already
   */
  settle(message, agent, same) {
    const { words, bot } = this.around;
    if (same) this.#flush();
    else {
      this.#unwritten = "";
      this.#body.clear();
      this.#body.push(message.text);
    }
    this.#body.finish();
    set(this.#bubble, "hidden", false);
    const person = message.role === "agent";
    say(this.#who, person ? words.say("agent_said", { agent }) : words.say("bot_said", { bot }));
    set(this.#name, "hidden", !person);
    say(this.#name, person ? agent : "");
    set(this.#name, "aria-hidden", "true"); // said by the words before the bubble
    set(this.node, "class", person ? "theirs agent" : "theirs");
    this.#under.replaceChildren();
    if (message.source && !person) this.#foot(message.id, message.source);
    set(this.#under, "hidden", this.#under.childElementCount === 0);
  }

  /** What a screen reader is told when the reply is finished. */
  get spoken() {
    const blocks = [...this.#bubble.querySelectorAll("p, li, pre")];
    const text = blocks.map((block) => block.firstChild && ownText(block)).join(" ");
    return `${this.#who.textContent} ${text.trim()}`;
  }

  /** Choices are for the last question only. */
  close() {
    for (const button of this.node.querySelectorAll(".choices button, .none")) {
      set(button, "disabled", true);
    }
  }

  #flush() {
    if (this.#unwritten) {
      set(this.#bubble, "hidden", false);
      this.#body.push(this.#unwritten);
      this.#unwritten = "";
      const status = this.#under.querySelector(".source");
      if (status) status.lastChild?.replaceWith(this.around.words.say("writing"));
    }
  }

  /** @param {string} id @param {Source} source */
  #foot(id, source) {
    const { words, voted, vote, announce, send, handoff } = this.around;
    const origin = sourceLine(source, words);
    if (origin) this.#under.append(origin);
    if (source.choices?.length) {
      const choose = source.choices.map(({ title }) =>
        el(
          "button",
          { type: "button", dir: "auto", click: () => send(title) },
          el("span", {}, title),
          icon("next"),
        ),
      );
      this.#bubble.append(el("div", { class: "choices" }, ...choose));
      this.#under.append(
        el("button", { type: "button", class: "none", click: handoff }, words.say("none_of_these")),
      );
    } else if (ANSWERS.includes(source.rung)) {
      const { buttons, comment } = feedback({
        words,
        vote: voted(id),
        give: (value, text) => vote(id, value, text),
        announce,
      });
      this.#under.append(buttons);
      this.node.append(comment);
    }
  }
}

/** "Saved answer · Returning used gear". @param {Source} source @param {Words} words */
function sourceLine(source, words) {
  const titles = (source.answers ?? []).map(({ title }) => title).join(", ");
  const model = source.rung === "model";
  const label = model ? titles && words.say("based_on") : source.label;
  if (!label && !titles) return null;
  const dot = titles && !model ? " ·" : "";
  const drawn = source.rung === "handoff" ? "person" : "book";
  const line = el("span", { class: "source" }, icon(drawn, "small"));
  if (label) line.append(el("span", { class: "kept" }, label + dot));
  if (titles) line.append(el("span", { class: "cut", dir: "auto", title: titles }, titles));
  return line;
}

/** The text of a block without that of the lists within it. @param {Element} block */
function ownText(block) {
  return [...block.childNodes]
    .filter((node) => !(node instanceof HTMLOListElement || node instanceof HTMLUListElement))
    .map((node) => node.textContent)
    .join("")
    .trim();
}
