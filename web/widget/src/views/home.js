/** @import { ConversationSummary, Settings } from "../types.js" */
/** @import { Words } from "../i18n.js" */
import { plain } from "../markdown/inline.js";
import { el, set } from "./dom.js";
import { icon } from "./icons.js";

/** Where a visit begins: a greeting, the open conversation, those before. */
export class Home {
  #continue = el("div", {});
  #past = el("div", {});

  /**
   * @param {object} parts
   * @param {Words} parts.words
   * @param {Settings} parts.settings
   * @param {() => Date} parts.now
   * @param {(conversation: string | null) => void} parts.enter null: the one already here
   */
  constructor({ words, settings, now, enter }) {
    this.words = words;
    this.now = now;
    this.enter = enter;
    this.node = el(
      "div",
      { class: "home", tabindex: -1 },
      el("p", { class: "greeting", dir: "auto" }, settings.greeting),
      this.#continue,
      this.#past,
    );
  }

  /** The conversation at hand, if there is one. @param {ConversationSummary | null} current */
  showCurrent(current) {
    if (!current) return this.#continue.replaceChildren();
    this.#continue.replaceChildren(
      el(
        "button",
        { type: "button", class: "card", click: () => this.enter(null) },
        el("span", { class: "card-title" }, this.words.say("continue"), icon("next")),
        this.#summary(current),
      ),
    );
  }

  /** Conversations before, newest first. @param {ConversationSummary[]} items */
  showPast(items) {
    if (items.length === 0) return this.#past.replaceChildren();
    const rows = items.map((item) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "past", click: () => this.enter(item.id) },
          this.#summary(item),
        ),
      ),
    );
    this.#past.replaceChildren(
      el("h3", {}, this.words.say("past")),
      el("ul", { role: "list" }, ...rows),
    );
  }

  /** @param {() => void} again */
  showFailure(again) {
    this.#past.replaceChildren(
      el(
        "p",
        { class: "failure" },
        this.words.say("past_failed"),
        " ",
        el("button", { type: "button", click: again }, this.words.say("again")),
      ),
    );
  }

  /** The list is on its way; shapes of it appear if that takes long. */
  showLoading() {
    if (this.#past.childElementCount > 0) return;
    const bones = [1, 2, 3].map(() => el("span", { class: "bone" }));
    this.#past.replaceChildren(el("div", { class: "bones", "aria-hidden": "true" }, ...bones));
  }

  /** @param {ConversationSummary} item */
  #summary({ snippet, state, at, unread }) {
    const { words } = this;
    const when = new Date(at);
    const line = el("span", { class: "past-meta" }, `${words.name("status", state)} · `);
    line.append(
      el(
        "time",
        { datetime: when.toISOString(), title: words.full.format(when) },
        words.heading(when, this.now()),
      ),
    );
    if (unread > 0) {
      line.append(el("span", { class: "badge" }, words.say("unread", { n: unread })));
    }
    const text = plain(snippet) || words.say("no_snippet");
    const summary = el(
      "span",
      { class: "past-words" },
      el("span", { class: "cut", dir: "auto" }, text),
      line,
    );
    set(summary, "data-unread", unread > 0);
    return summary;
  }
}
