/** @import { Durable, MessageFrame, StateFrame, TicketFrame, News } from "../types.js" */
/** @import { Unsent } from "../outbox.js" */
/** @import { Surroundings } from "./message.js" */
import { el, set } from "./dom.js";
import { OwnMessage, ReplyMessage } from "./message.js";
import { rating } from "./rating.js";
import { Follow } from "./scroll.js";
import { TicketCard } from "./ticket.js";

/** After so long a pause the time is said again. */
const PAUSE_MS = 30 * 60_000;

/**
 * What the transcript asks of the panel, besides what its messages do.
 * @typedef {object} Asks
 * @property {string} company
 * @property {number} answerWithinS
 * @property {() => Date} now
 * @property {() => string} agent the name of the person in the conversation
 * @property {() => boolean} told whether the conversation so far is here
 * @property {() => number | undefined} rated
 * @property {(score: number, comment?: string) => void} rate
 * @property {() => void} reachedEnd
 */

/** The conversation on the screen. */
export class Transcript {
  #list = el("ol", { role: "list" });
  /** @type {Map<string, OwnMessage>} */
  #own = new Map();
  /** @type {Map<string, ReplyMessage>} */
  #replies = new Map();
  /** @type {Map<string, TicketCard>} */
  #tickets = new Map();
  /** @type {Date | null} */
  #last = null;
  /** @type {OwnMessage | null} */
  #newest = null;
  /** The last message of the other side. @type {ReplyMessage | null} */
  #answered = null;
  /** @type {HTMLElement | null} */
  #rating = null;
  /** @type {HTMLElement} */
  node;

  /** @param {Surroundings} around @param {Asks} asks */
  constructor(around, asks) {
    this.around = around;
    this.asks = asks;
    this.log = el(
      "div",
      {
        class: "log",
        role: "log",
        "aria-label": around.words.say("conversation"),
        "aria-live": "off",
        tabindex: 0,
      },
      this.#list,
    );
    this.follow = new Follow(this.log, around.words, asks.reachedEnd);
    this.node = el("div", { class: "thread" }, this.log, this.follow.button);
  }

  /** @param {News} news @param {boolean} fresh whether it happens now, and is not told from before */
  show(news, fresh) {
    switch (news.kind) {
      case "cleared":
        return this.#clear();
      case "pending":
        return this.pending(news.entry);
      case "failed":
        this.#own.get(news.entry.cid)?.showUnsent(news.entry);
        return this.follow.grown();
      case "added":
        return this.#added(news.item, fresh);
      case "writing":
        return this.#writing(news.reply.id);
      case "words":
        return this.#replies.get(news.id)?.add(news.text, () => this.follow.grown());
      case "withdrawn":
        return this.#replies.get(news.id)?.withdraw();
      case "dropped":
        this.#replies.get(news.id)?.node.remove();
        this.#replies.delete(news.id);
        return this.#busy();
      case "settled":
        return this.#settled(news.item, news.same, fresh);
    }
  }

  /** A message on its way. @param {Unsent} entry */
  pending(entry) {
    const known = this.#own.get(entry.cid);
    if (known) return known.showUnsent(entry);
    const message = new OwnMessage(this.around, entry.text);
    message.showUnsent(entry);
    this.#own.set(entry.cid, message);
    // Before the history is here, nobody knows which heading belongs above.
    if (this.asks.told()) this.#heading(new Date(entry.at), null);
    this.#list.append(message.node);
    this.#closeChoices();
    this.follow.toEnd();
  }

  get empty() {
    return this.#list.childElementCount === 0;
  }

  #clear() {
    this.#list.replaceChildren();
    this.#own.clear();
    this.#replies.clear();
    this.#tickets.clear();
    this.#last = null;
    this.#newest = null;
    this.#rating = null;
    this.follow.toEnd();
    this.#busy();
  }

  /** @param {Durable} item @param {boolean} fresh */
  #added(item, fresh) {
    if (item.type === "ticket") this.#ticket(item, fresh);
    else if (item.type === "state") this.#state(item, fresh);
    else if (item.role === "customer") this.#mine(item);
    else if (item.role === "system") this.#event(item.text, item.at);
    else this.#theirs(item, fresh);
  }

  /** @param {MessageFrame} item */
  #mine(item) {
    const at = new Date(item.at);
    let message = item.cid ? this.#own.get(item.cid) : undefined;
    if (message) this.#heading(at, message.node);
    else {
      message = new OwnMessage(this.around, item.text);
      this.#append(message.node, at);
      if (item.cid) this.#own.set(item.cid, message);
    }
    if (this.#newest) set(this.#newest.node, "data-newest", false);
    this.#newest = message;
    set(message.node, "data-newest", true);
    message.showSent(at);
    this.#closeChoices();
    this.#unrate();
    this.follow.grown();
  }

  /** @param {MessageFrame} item @param {boolean} fresh */
  #theirs(item, fresh) {
    const reply = new ReplyMessage(this.around);
    this.#append(reply.node, new Date(item.at));
    this.#finish(reply, item, false, fresh);
  }

  /** @param {string} id */
  #writing(id) {
    const reply = new ReplyMessage(this.around);
    this.#replies.set(id, reply);
    reply.write();
    this.#append(reply.node, this.asks.now());
    this.#busy();
    this.follow.grown();
  }

  /** @param {MessageFrame} item @param {boolean} same @param {boolean} fresh */
  #settled(item, same, fresh) {
    const reply = this.#replies.get(item.id);
    if (!reply) return this.#theirs(item, fresh);
    this.#replies.delete(item.id);
    this.#finish(reply, item, same, fresh);
    this.#busy();
  }

  /** @param {ReplyMessage} reply @param {MessageFrame} item @param {boolean} same @param {boolean} fresh */
  #finish(reply, item, same, fresh) {
    this.#closeChoices();
    this.#answered = reply;
    reply.settle(item, item.source?.label || this.asks.agent(), same);
    this.follow.grown(fresh);
    if (fresh) this.around.announce(reply.spoken);
  }

  #closeChoices() {
    this.#answered?.close();
    this.#answered = null;
  }

  /** @param {TicketFrame} item @param {boolean} fresh */
  #ticket(item, fresh) {
    const { words } = this.around;
    const { company, now, answerWithinS } = this.asks;
    const key = String(item.number);
    const made = item.at ? new Date(item.at) : (this.#last ?? now());
    const known = this.#tickets.get(key);
    const card = known ?? new TicketCard(words, company, now);
    card.show(item, known ? card.due : new Date(made.getTime() + answerWithinS * 1000));
    if (!known) {
      this.#tickets.set(key, card);
      this.#append(card.node, made);
    }
    this.follow.grown(fresh);
    if (fresh) this.around.announce(card.spoken);
  }

  /** @param {StateFrame} item @param {boolean} fresh */
  #state(item, fresh) {
    const { words, bot } = this.around;
    const agent = item.agent || words.say("person");
    const first = this.empty && item.state === "bot";
    if (item.state === "waiting" && item.eta_s) this.#promise(item);
    if (!first) {
      const text = words.say(`state_${item.state}`, { agent, bot });
      this.#event(text, item.at);
      if (fresh) this.around.announce(text);
    }
    if (item.state === "resolved") this.#rate();
    else this.#unrate();
  }

  /** A promise made with the state is newer than the general one. @param {StateFrame} item */
  #promise(item) {
    const card = [...this.#tickets.values()].at(-1);
    const from = item.at ? new Date(item.at) : (this.#last ?? this.asks.now());
    card?.promise(new Date(from.getTime() + Number(item.eta_s) * 1000));
  }

  /** @param {string} text @param {string | undefined} at */
  #event(text, at) {
    const when = at ? new Date(at) : (this.#last ?? this.asks.now());
    this.#append(el("li", { class: "event", dir: "auto" }, text), when);
    this.follow.grown();
  }

  #rate() {
    const { words, announce } = this.around;
    const { rate: give } = this.asks;
    const grown = () => this.follow.grown();
    this.#unrate();
    this.#rating = rating({ words, score: this.asks.rated(), give, announce, grown });
    this.#list.append(this.#rating);
    this.follow.grown();
  }

  #unrate() {
    this.#rating?.remove();
    this.#rating = null;
  }

  #busy() {
    set(this.log, "aria-busy", this.#replies.size > 0 ? "true" : false);
  }

  /** Add what the server told: above what still waits to be sent. @param {HTMLElement} node @param {Date} at */
  #append(node, at) {
    const unsent = this.#list.querySelector(":scope > [data-unsent]");
    this.#heading(at, unsent);
    this.#list.insertBefore(node, unsent);
  }

  /** Say the time after a pause. @param {Date} at @param {Element | null} before */
  #heading(at, before) {
    const { words } = this.around;
    const paused = !this.#last || at.getTime() - this.#last.getTime() > PAUSE_MS;
    this.#last = at;
    if (!paused) return;
    const time = el(
      "time",
      { datetime: at.toISOString(), title: words.full.format(at) },
      words.heading(at, this.asks.now()),
    );
    this.#list.insertBefore(el("li", { class: "day" }, time), before);
  }
}
