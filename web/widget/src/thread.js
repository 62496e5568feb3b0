/** @import { Durable, Holder, MessageFrame, ServerFrame } from "./types.js" */

/**
 * A reply being written.
 * @typedef {object} Reply
 * @property {string} id
 * @property {string | null} replyTo
 * @property {number} attempt
 * @property {string} text
 * @property {number} length code points of `text`
 * @property {boolean} stale not spoken of since the last `ready`
 */

/**
 * What a frame changed, for a view to show.
 * @typedef {{kind: "cleared"}
 *   | {kind: "added", item: Durable}
 *   | {kind: "settled", item: MessageFrame, same: boolean}
 *   | {kind: "writing", reply: Reply}
 *   | {kind: "words", id: string, text: string}
 *   | {kind: "withdrawn", id: string}
 *   | {kind: "dropped", id: string}} Change
 */

/** @param {string} text */
export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * One conversation as the server tells it. Applying a frame twice changes nothing; a frame that
 * presumes one we never had is refused with `gap`, and the caller asks for what is missing.
 */
export class Thread {
  /** @type {string | null} */
  conversation = null;
  /** The last durable sequence number applied; all up to it are here. */
  seq = 0;
  /** @type {Holder} */
  holder = "bot";
  /** @type {string | null} */
  agent = null;
  degraded = false;
  /** @type {Durable[]} */
  items = [];
  /** @type {Map<string, Reply>} */
  replies = new Map();
  /** @type {Set<string>} ids of replies whose last word is known */
  #settled = new Set();

  /**
   * Turn to another conversation, or to a new one.
   * @param {string | null} conversation
   */
  turnTo(conversation) {
    this.conversation = conversation;
    this.seq = 0;
    this.holder = "bot";
    this.agent = null;
    this.items = [];
    this.replies.clear();
    this.#settled.clear();
  }

  /**
   * @param {ServerFrame} frame
   * @returns {{changes: Change[], gap: boolean}}
   */
  apply(frame) {
    switch (frame.type) {
      case "ready":
        return this.#ready(frame);
      case "message":
      case "ticket":
      case "state":
        return this.#durable(frame);
      case "start":
        return this.#start(frame);
      case "delta":
        return this.#delta(frame);
      case "reset":
        return this.#reset(frame);
      case "ping":
        return this.#ping(frame);
      default:
        return { changes: [], gap: false };
    }
  }

  /** Messages from the other side after `seq`. @param {number} seq */
  unreadSince(seq) {
    return this.items.filter(
      (item) =>
        item.seq > seq && item.type === "message" && (item.role === "bot" || item.role === "agent"),
    ).length;
  }

  /** @param {import("./types.js").ReadyFrame} frame */
  #ready(frame) {
    /** @type {Change[]} */
    const changes = [];
    // A top below ours means the conversation we knew is not the one the server has.
    if (frame.conversation !== this.conversation || frame.seq < this.seq) {
      const fresh = this.conversation === null && this.seq === 0;
      this.turnTo(frame.conversation);
      if (!fresh) changes.push({ kind: "cleared" });
    }
    this.holder = frame.state;
    this.degraded = frame.degraded;
    for (const reply of this.replies.values()) reply.stale = true;
    return { changes, gap: false };
  }

  /** @param {Durable} frame */
  #durable(frame) {
    if (frame.seq <= this.seq) return { changes: [], gap: false };
    if (frame.seq !== this.seq + 1) return { changes: [], gap: true };
    this.seq = frame.seq;
    this.items.push(frame);
    if (frame.type === "state") {
      this.holder = frame.state;
      this.agent = frame.agent ?? (frame.state === "human" ? this.agent : null);
      // Where a person takes over the bot is silent at once, in the middle of a word if need be.
      const changes = frame.state === "human" ? this.#dropReplies(() => true) : [];
      changes.push({ kind: "added", item: frame });
      return { changes, gap: false };
    }
    if (frame.type !== "message") return this.#change({ kind: "added", item: frame });
    const reply = this.replies.get(frame.id);
    this.#settled.add(frame.id);
    if (!reply) return this.#change({ kind: "added", item: frame });
    this.replies.delete(frame.id);
    return this.#change({ kind: "settled", item: frame, same: reply.text === frame.text });
  }

  /** @param {import("./types.js").StartFrame} frame */
  #start(frame) {
    if (this.#settled.has(frame.id)) return { changes: [], gap: false };
    const reply = this.replies.get(frame.id);
    if (!reply) return this.#begin(frame.id, frame.reply_to, frame.attempt);
    reply.stale = false;
    if (frame.attempt <= reply.attempt) return { changes: [], gap: false };
    reply.attempt = frame.attempt;
    return this.#withdraw(reply);
  }

  /** @param {import("./types.js").DeltaFrame} frame */
  #delta(frame) {
    if (this.#settled.has(frame.id)) return { changes: [], gap: false };
    let reply = this.replies.get(frame.id);
    /** @type {Change[]} */
    const changes = [];
    if (!reply || frame.attempt > reply.attempt) {
      if (frame.offset !== 0) return { changes, gap: true };
      if (reply) {
        reply.attempt = frame.attempt;
        changes.push(...this.#withdraw(reply).changes);
      } else {
        changes.push(...this.#begin(frame.id, null, frame.attempt).changes);
        reply = /** @type {Reply} */ (this.replies.get(frame.id));
      }
    }
    if (frame.attempt < reply.attempt) return { changes, gap: false };
    if (frame.offset > reply.length) return { changes, gap: true };
    reply.stale = false;
    const points = [...frame.text].slice(reply.length - frame.offset);
    if (points.length > 0) {
      const text = points.join("");
      reply.text += text;
      reply.length += points.length;
      changes.push({ kind: "words", id: frame.id, text });
    }
    return { changes, gap: false };
  }

  /** @param {import("./types.js").ResetFrame} frame */
  #reset(frame) {
    const reply = this.replies.get(frame.id);
    if (!reply || frame.attempt < reply.attempt) return { changes: [], gap: false };
    reply.attempt = frame.attempt;
    reply.stale = false;
    return this.#withdraw(reply);
  }

  /** @param {import("./types.js").PingFrame} frame */
  #ping(frame) {
    if (frame.seq > this.seq) return { changes: [], gap: true };
    // The server has told all that runs by now: what it did not name is not being written any more.
    return { changes: this.#dropReplies((reply) => reply.stale), gap: false };
  }

  /** @param {(reply: Reply) => boolean} which @returns {Change[]} */
  #dropReplies(which) {
    const dropped = [...this.replies.values()].filter(which);
    for (const { id } of dropped) this.replies.delete(id);
    return dropped.map(({ id }) => ({ kind: "dropped", id }));
  }

  /** @param {string} id @param {string | null} replyTo @param {number} attempt */
  #begin(id, replyTo, attempt) {
    /** @type {Reply} */
    const reply = { id, replyTo, attempt, text: "", length: 0, stale: false };
    this.replies.set(id, reply);
    return this.#change({ kind: "writing", reply });
  }

  /** @param {Reply} reply */
  #withdraw(reply) {
    reply.text = "";
    reply.length = 0;
    return this.#change({ kind: "withdrawn", id: reply.id });
  }

  /** @param {Change} change @returns {{changes: Change[], gap: boolean}} */
  #change(change) {
    return { changes: [change], gap: false };
  }
}
