/** @import { TicketFrame } from "../types.js" */
/** @import { Words } from "../i18n.js" */
import { el, say, set } from "./dom.js";
import { icon } from "./icons.js";

/** A ticket's number, status and what happens next. */
export class TicketCard {
  #title = el("p", { class: "ticket-title" });
  #subject = el("p", { class: "ticket-subject cut", dir: "auto" });
  #status = el("span", { class: "badge" });
  #label = el("p", { class: "label" });
  #next = el("p", { class: "grow" });
  node = el(
    "li",
    { class: "ticket" },
    el(
      "div",
      { class: "ticket-head" },
      icon("ticket"),
      el("div", { class: "grow" }, this.#title, this.#subject),
      this.#status,
    ),
    el("div", { class: "ticket-next" }, this.#label, this.#next),
  );

  /** @type {TicketFrame | null} */
  ticket = null;
  due = new Date(0);

  /** @param {Words} words @param {string} company @param {() => Date} now */
  constructor(words, company, now) {
    this.words = words;
    this.company = company;
    this.now = now;
  }

  /** A person was promised by `due`. @param {Date} due */
  promise(due) {
    if (this.ticket) this.show(this.ticket, due);
  }

  /** @param {TicketFrame} ticket @param {Date} due when a person was promised */
  show(ticket, due) {
    const { words } = this;
    this.due = due;
    const number = `#${ticket.number}`;
    const done = ticket.status === "closed";
    this.ticket = ticket;
    say(this.#title, words.say(done ? "ticket_done" : "ticket_open", { number }));
    say(this.#subject, ticket.subject);
    set(this.#subject, "title", ticket.subject);
    say(this.#status, words.name("ticket_status", ticket.status));
    set(this.node, "class", done ? "ticket done" : "ticket");
    say(this.#label, words.say("next"));
    this.#next.replaceChildren(...(done ? [words.say("answer_done")] : this.#step(due)));
  }

  /** The words for a screen reader. */
  get spoken() {
    return `${this.#title.textContent}. ${this.#next.textContent}`;
  }

  /** The next step, its time set apart. @param {Date} due @returns {(Node | string)[]} */
  #step(due) {
    const now = this.now();
    const key = due < now ? "answer_late" : "answer_by";
    const [before = "", after = ""] = this.words
      .say(key, { company: this.company, time: "\n" })
      .split("\n");
    const time = el(
      "time",
      { datetime: due.toISOString(), title: this.words.full.format(due) },
      this.words.due(due, now),
    );
    return [before, time, after];
  }
}
