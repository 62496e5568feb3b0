/** @import { Chat } from "../chat.js" */
/** @import { Words } from "../i18n.js" */
/** @import { ConversationSummary, Settings, News } from "../types.js" */
import { hostSet } from "../markdown/links.js";
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { el, set } from "./dom.js";
import { Foot } from "./foot.js";
import { Head } from "./head.js";
import { Home } from "./home.js";
import { Transcript } from "./transcript.js";

const TYPING_SHOWN_MS = 6_000;

/** Everything inside the panel: it shows what the chat tells, and tells the chat what is pressed. */
export class PanelView {
  #typing = 0;
  #everReady = false;
  at = /** @type {"home" | "thread"} */ ("home");

  /**
   * @param {object} parts
   * @param {Chat} parts.chat
   * @param {Words} parts.words
   * @param {Settings} parts.settings
   * @param {() => void} parts.close
   * @param {() => void} parts.seen what is shown may have come before the customer's eyes
   */
  constructor({ chat, words, settings, close, seen }) {
    this.chat = chat;
    this.words = words;
    const { company, bot_name: bot, answer_within_s: answerWithinS } = settings;
    const now = () => new Date(chat.clock.now());
    this.announcer = new Announcer();
    /** @param {string} text */
    const announce = (text) => this.announcer.say(text);
    this.head = new Head({
      words,
      company,
      bot,
      answerWithinS,
      back: () => this.go("home"),
      close,
    });
    this.home = new Home({ words, settings, now, enter: (id) => this.#enter(id) });
    this.transcript = new Transcript(
      {
        words,
        bot,
        hosts: hostSet(settings.link_hosts),
        announce,
        send: (text) => chat.send(text),
        handoff: () => this.#handoff(),
        stop: () => chat.stop(),
        retry: (cid) => chat.retry(cid),
        vote: (message, value, comment) => chat.feedback(message, value, comment),
        voted: (message) => chat.store.numbers("votes")[message],
        copy: (text) => navigator.clipboard.writeText(text),
        nextFrame: (draw) => void requestAnimationFrame(draw),
      },
      {
        company,
        answerWithinS,
        now,
        told: () => chat.isTold,
        agent: () => chat.thread.agent ?? words.say("person"),
        rated: () => chat.store.numbers("rated")[chat.thread.conversation ?? ""],
        rate: (score, comment) => chat.rate(score, comment),
        reachedEnd: seen,
      },
    );
    this.composer = new Composer({
      words,
      draft: chat.store.text("draft") ?? "",
      limit: settings.limits?.message_chars ?? 4000,
      send: (text) => this.#send(text),
      keep: (draft) => {
        chat.store.set("draft", draft || null);
        if (draft) chat.typing();
      },
      leave: close,
    });
    this.foot = new Foot(words, () => this.#handoff());
    this.typing = el("p", { class: "typing", hidden: true });
    this.node = el(
      "div",
      {
        class: "panel",
        role: "dialog",
        "aria-label": words.say("chat", { company }),
        tabindex: -1,
        hidden: true,
        keydown: (event) => {
          if (/** @type {KeyboardEvent} */ (event).key === "Escape") this.composer.focus();
        },
      },
      ...this.head.nodes,
      this.home.node,
      this.transcript.node,
      this.typing,
      this.composer.node,
      this.foot.node,
      this.announcer.node,
    );
    this.#replay();
    const begun = chat.store.get("conversation") ?? chat.thread.conversation;
    this.go(begun !== null || chat.unsent.length > 0 ? "thread" : "home");
  }

  /** @param {"home" | "thread"} place */
  go(place) {
    this.at = place;
    set(this.home.node, "hidden", place !== "home");
    set(this.transcript.node, "hidden", place !== "thread");
    set(this.head.back, "hidden", place === "home");
    if (place === "home") this.refreshHome();
    else this.transcript.follow.toEnd();
    this.#frame();
  }

  /** @param {News} news */
  show(news) {
    const fresh = "item" in news && this.chat.isFresh(news.item);
    this.transcript.show(news, fresh);
    switch (news.kind) {
      case "session":
        for (const entry of this.chat.unsent) this.transcript.pending(entry);
        break;
      case "status":
        this.#status(news.status, news.reason);
        break;
      case "ready":
        this.#everReady = true;
        this.head.degrade(this.chat.thread.degraded, "");
        break;
      case "notice":
        this.#notice(news.code, news.text, news.etaS);
        break;
      case "typing":
        this.#showTyping();
        break;
      case "refused":
        this.composer.hint(this.words.error(news.code, news.message));
        break;
      case "added":
      case "settled":
      case "words":
        this.#hideTyping();
        this.composer.hint("");
    }
    this.#frame();
  }

  /** Fetch the list of conversations again. */
  async refreshHome() {
    this.#showCurrent([]);
    if (!this.chat.session) return;
    this.home.showLoading();
    try {
      const items = await this.chat.sessions.conversations();
      this.#showCurrent(items);
    } catch {
      // Whatever the reason, what can be done about it is the same.
      this.home.showFailure(() => this.refreshHome());
    }
  }

  /** @param {ConversationSummary[]} items */
  #showCurrent(items) {
    const { thread, unread } = this.chat;
    const last = thread.items.findLast((item) => item.type === "message");
    let current = items.find((item) => item.id === thread.conversation);
    if (thread.conversation && last?.type === "message") {
      const { text: snippet, at } = last;
      current = { id: thread.conversation, state: thread.holder, snippet, at, unread };
    }
    const open = current && current.state !== "resolved" ? current : null;
    this.home.showCurrent(open);
    if (items.length > 0) this.home.showPast(items.filter((item) => item.id !== open?.id));
    else if (this.chat.session) this.home.showPast([]);
  }

  /** Everything that does not belong to one message. */
  #frame() {
    const { thread, wantsPerson } = this.chat;
    this.head.show(thread.holder, thread.agent, thread.degraded);
    this.foot.show(thread.holder, wantsPerson);
    const waiting = thread.holder === "waiting";
    const other = this.at === "home" && thread.items.length > 0;
    this.composer.invite(
      other ? "write_new" : waiting && this.at === "thread" ? "write_ticket" : "write",
    );
    const loading = this.transcript.empty && !this.chat.isTold;
    set(this.transcript.node, "data-loading", loading);
  }

  /** Show what happened before this view was made. */
  #replay() {
    const { thread } = this.chat;
    for (const item of thread.items) this.transcript.show({ kind: "added", item }, false);
    for (const reply of thread.replies.values()) {
      this.transcript.show({ kind: "writing", reply }, false);
      this.transcript.show({ kind: "words", id: reply.id, text: reply.text }, false);
    }
    for (const entry of this.chat.unsent) this.transcript.pending(entry);
    this.#status(this.chat.connection.status, "");
    this.head.degrade(thread.degraded, "");
  }

  /** @param {string} text */
  #send(text) {
    const { thread, session } = this.chat;
    const taken = thread.items.length > 0 || thread.conversation === (session?.conversation ?? "");
    if (this.at === "home" && taken) this.chat.turnTo(null);
    if (this.at === "home") this.go("thread");
    this.chat.send(text);
  }

  /** @param {string | null} conversation */
  #enter(conversation) {
    if (conversation !== null) this.chat.turnTo(conversation);
    this.go("thread");
  }

  #handoff() {
    if (this.chat.wantsPerson) return;
    if (this.at === "home") this.go("thread");
    this.chat.handoff();
  }

  /** @param {import("../connection.js").Status} status @param {string} reason */
  #status(status, reason) {
    const { words, chat } = this;
    if (status === "stopped") {
      const again = () => {
        chat.sessions.expire(false);
        chat.connection.start();
      };
      const text = [words.say("stopped"), reason].join(" ").trim();
      return this.head.tell(text, { label: words.say("again"), press: again });
    }
    if (status !== "trouble") return this.head.tell(null);
    const key = !navigator.onLine ? "offline" : this.#everReady ? "reconnecting" : "connecting";
    return this.head.tell(words.say(key));
  }

  /** @param {"degraded" | "restored" | "queued"} code @param {string} text @param {number | null} etaS */
  #notice(code, text, etaS) {
    if (code !== "queued") return this.head.degrade(code === "degraded", text);
    const words = etaS
      ? this.words.say("queued", { time: this.words.length(etaS) })
      : this.words.say("queued_open");
    return this.composer.hint(text || words);
  }

  #showTyping() {
    const agent = this.chat.thread.agent ?? this.words.say("person");
    this.typing.textContent = this.words.say("agent_writing", { agent });
    set(this.typing, "hidden", false);
    this.chat.clock.cancel(this.#typing);
    this.#typing = this.chat.clock.after(TYPING_SHOWN_MS, () => this.#hideTyping());
  }

  #hideTyping() {
    this.typing.textContent = "";
    set(this.typing, "hidden", true);
  }
}
