/** @import { ClientFrame, Clock, Durable, ErrorFrame, Hello, News, ServerFrame, Session } from "./types.js" */
/** @import { Change } from "./thread.js" */
/** @import { Store } from "./storage.js" */
import { Connection } from "./connection.js";
import { Delivery } from "./delivery.js";
import { Outbox } from "./outbox.js";
import { Sessions } from "./session.js";
import { Thread } from "./thread.js";

const TYPING_EVERY_MS = 3_000;

/**
 * One customer's side of the chat: what is said, what waits to be sent, and the connection between
 * them. It knows nothing of the page.
 */
export class Chat {
  thread = new Thread();
  /** Asked for a person, and no sign of an answer yet. */
  wantsPerson = false;
  /** @type {Session | null} */
  session = null;
  /** What was pressed while there was no connection. @type {ClientFrame[]} */
  #later = [];
  /** The top sequence number when this conversation was first told; what is above happened since. */
  #history = Number.POSITIVE_INFINITY;
  #typedAt = Number.NEGATIVE_INFINITY;
  /** Whether the customer chose the conversation; else it is the one the server names. */
  #chosen = false;

  /**
   * @param {object} parts
   * @param {string} parts.origin
   * @param {string} parts.siteKey
   * @param {string | null} parts.identity
   * @param {string} parts.locale
   * @param {Store} parts.store
   * @param {Clock} parts.clock
   * @param {() => number} parts.random
   * @param {() => string} parts.newId
   * @param {typeof globalThis.fetch} parts.fetch
   * @param {(url: string, protocol: string) => WebSocket} parts.open
   * @param {(news: News) => void} parts.tell
   */
  constructor({
    origin,
    siteKey,
    identity,
    locale,
    store,
    clock,
    random,
    newId,
    fetch,
    open,
    tell,
  }) {
    this.store = store;
    this.clock = clock;
    this.tell = tell;
    this.sessions = new Sessions({ origin, siteKey, identity, locale, store, clock, fetch });
    this.outbox = new Outbox(store, newId, () => clock.now());
    this.wantsPerson = store.get("handoff") === true;
    this.connection = new Connection({
      url: `${origin.replace(/^http/, "ws")}/ws/chat`,
      open,
      clock,
      random,
      listener: {
        hello: () => this.#hello(),
        frame: (frame) => this.#frame(frame),
        status: (status, reason) => this.tell({ kind: "status", status, reason }),
        expired: (forGood) => this.sessions.expire(forGood),
      },
    });
    this.delivery = new Delivery({
      outbox: this.outbox,
      clock,
      random,
      send: (frame) => this.connection.send(frame),
      conversation: () => this.thread.conversation,
      unanswered: () => this.connection.resume(),
    });
  }

  /** Messages not yet acknowledged in the conversation at hand. */
  get unsent() {
    return this.outbox.of(this.thread.conversation);
  }

  /** Messages of the other side that the customer has not had before their eyes. */
  get unread() {
    const { conversation } = this.thread;
    const read = conversation === null ? 0 : this.store.numbers("read")[conversation];
    return this.thread.unreadSince(read ?? 0);
  }

  /** Whether all that was said before is here. */
  get isTold() {
    return this.thread.seq >= this.#history;
  }

  /** Whether an item happened while the customer was here. @param {Durable} item */
  isFresh(item) {
    return item.seq > this.#history;
  }

  /** @param {string} text */
  send(text) {
    // Until something was stored in it, a conversation may not exist for the server.
    const known = this.thread.seq > 0 ? this.thread.conversation : null;
    this.tell({ kind: "pending", entry: this.outbox.add(text, known) });
    this.connection.start();
    this.delivery.next();
  }

  /** @param {string} cid */
  retry(cid) {
    this.outbox.retry(cid);
    const entry = this.outbox.all().find((unsent) => unsent.cid === cid);
    if (entry) this.tell({ kind: "pending", entry });
    this.connection.start();
    this.delivery.next();
  }

  stop() {
    this.connection.send({ type: "stop" });
  }

  /** Ask for a person: now, or as soon as there is a connection. */
  handoff() {
    this.#wants(true);
    this.connection.start();
    this.connection.send({ type: "handoff" });
  }

  /** @param {string} message @param {1 | -1} value @param {string} comment */
  feedback(message, value, comment = "") {
    this.store.number("votes", message, value);
    this.#say({ type: "feedback", message, value, ...(comment ? { comment } : {}) });
  }

  /** @param {number} score 1 to 5 @param {string} comment */
  rate(score, comment = "") {
    const { conversation } = this.thread;
    if (conversation) this.store.number("rated", conversation, score);
    this.#say({ type: "rate", score, ...(comment ? { comment } : {}) });
  }

  /** The customer is writing, which only a person cares to know. */
  typing() {
    const now = this.clock.now();
    const watched = this.thread.holder === "human" || this.thread.holder === "waiting";
    if (!watched || now - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = now;
    this.connection.send({ type: "typing" });
  }

  /** All that is here has been seen. */
  read() {
    const { conversation, seq } = this.thread;
    if (conversation === null || (this.store.numbers("read")[conversation] ?? 0) >= seq) return;
    this.store.number("read", conversation, seq);
    this.connection.send({ type: "read", seq });
  }

  /** Turn to a conversation, or with null to a new one. @param {string | null} conversation */
  turnTo(conversation) {
    this.#chosen = true;
    this.#turn(conversation);
    this.connection.start();
  }

  /** Be another customer, or with null a stranger. @param {string | null} identity */
  identify(identity) {
    const connected = this.connection.status !== "idle";
    this.sessions.become(identity);
    this.session = null;
    this.#chosen = false;
    this.#turn(null);
    if (connected) this.connection.start();
  }

  /** @param {string | null} conversation */
  #turn(conversation) {
    this.connection.rest();
    this.#later = [];
    this.#history = Number.POSITIVE_INFINITY;
    this.thread.turnTo(conversation);
    this.tell({ kind: "cleared" });
    for (const entry of this.unsent) this.tell({ kind: "pending", entry });
  }

  /** @returns {Promise<Hello>} */
  async #hello() {
    const token = await this.#adopt();
    const { conversation, seq } = this.thread;
    return conversation === null ? { token } : { token, conversation, resume: { seq } };
  }

  /** Take over what the session says. @returns {Promise<string>} the token */
  async #adopt() {
    const session = await this.sessions.fresh();
    if (session !== this.session) {
      this.session = session;
      if (!this.#chosen && this.thread.conversation === null) {
        const waiting = this.outbox.all().find((entry) => entry.conversation && !entry.failure);
        this.thread.turnTo(waiting?.conversation ?? session.conversation);
      }
      this.tell({ kind: "session", session });
    }
    return session.token;
  }

  /** @param {ServerFrame} frame */
  #frame(frame) {
    switch (frame.type) {
      case "ack":
        this.delivery.arrived(frame.cid);
        return this.tell({ kind: "sent", cid: frame.cid });
      case "error":
        return this.#refused(frame);
      case "typing":
        return frame.role === "agent" ? this.tell({ kind: "typing" }) : undefined;
      case "notice": {
        const { code, text } = frame;
        if (code !== "queued") this.thread.degraded = code === "degraded";
        return this.tell({ kind: "notice", code, text, etaS: frame.eta_s ?? null });
      }
    }
    const { changes, gap } = this.thread.apply(frame);
    for (const change of changes) this.#changed(change);
    if (gap) return this.connection.resume();
    if (frame.type === "ready") this.#ready(frame.seq);
  }

  /** @param {number} top */
  #ready(top) {
    const { conversation, seq } = this.thread;
    if (seq === 0) this.#history = top;
    // What lay there before this browser took part counts as seen.
    if (conversation && this.store.numbers("read")[conversation] === undefined) {
      this.store.number("read", conversation, top);
    }
    this.tell({ kind: "ready" });
    if (this.wantsPerson) this.connection.send({ type: "handoff" });
    for (const frame of this.#later.splice(0)) this.connection.send(frame);
    this.delivery.begin();
  }

  /** @param {Change} change */
  #changed(change) {
    if (change.kind === "added" || change.kind === "settled") this.#logged(change.item);
    this.tell(change);
  }

  /** @param {Durable} item */
  #logged(item) {
    if (item.type === "message" && item.cid) this.delivery.arrived(item.cid);
    if (item.type !== "message" || item.role !== "customer") this.#wants(false);
    const open = this.thread.holder !== "resolved";
    this.store.set("conversation", open ? this.thread.conversation : null);
  }

  /** @param {ErrorFrame} error */
  #refused(error) {
    const { conversation } = this.thread;
    if (error.code === "not_found" && this.connection.status !== "ready" && conversation) {
      // The conversation is gone, or never came to be: what was written for it begins another.
      this.outbox.unbind(conversation);
      this.store.set("conversation", null);
      return this.turnTo(null);
    }
    const entry = this.delivery.refused(error);
    if (entry) return this.tell({ kind: "failed", entry });
    if (!error.cid) this.tell({ kind: "refused", code: error.code, message: error.message });
  }

  /** @param {boolean} wants */
  #wants(wants) {
    if (wants === this.wantsPerson) return;
    this.wantsPerson = wants;
    this.store.set("handoff", wants || null);
    this.tell({ kind: "asked" });
  }

  /** @param {ClientFrame} frame */
  #say(frame) {
    if (!this.connection.send(frame)) this.#later.push(frame);
  }
}
