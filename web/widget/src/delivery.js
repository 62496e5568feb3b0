/** @import { ClientFrame, Clock, ErrorFrame } from "./types.js" */
/** @import { Outbox, Unsent } from "./outbox.js" */

/** A message that nobody acknowledged for so long is sent again over a new connection. */
const ACKNOWLEDGED_WITHIN_MS = 15_000;
/** So often the server may ask for a message later before its writer is told. */
const MOST_PUT_OFF = 6;

/**
 * Brings the outbox to the server, one message at a time so that their order holds, each until it
 * is acknowledged or refused.
 */
export class Delivery {
  /** The message on its way. @type {string | null} */
  #cid = null;
  #timer = 0;
  /** How often the message on its way was put off. */
  #putOff = 0;

  /**
   * @param {object} parts
   * @param {Outbox} parts.outbox
   * @param {Clock} parts.clock
   * @param {() => number} parts.random
   * @param {(frame: ClientFrame) => boolean} parts.send
   * @param {() => string | null} parts.conversation the one that `send` speaks into
   * @param {() => void} parts.unanswered
   */
  constructor({ outbox, clock, random, send, conversation, unanswered }) {
    this.outbox = outbox;
    this.clock = clock;
    this.random = random;
    this.send = send;
    this.conversation = conversation;
    this.unanswered = unanswered;
  }

  /** What was on its way when the connection broke is to be sent again. */
  begin() {
    this.#done();
    this.next();
  }

  /** Send the next message if none is on its way. */
  next() {
    const conversation = this.conversation();
    if (this.#cid !== null || conversation === null) return;
    const entry = this.outbox.next(conversation);
    if (!entry || !this.send({ type: "send", cid: entry.cid, text: entry.text })) return;
    this.outbox.bind(entry.cid, conversation);
    this.#cid = entry.cid;
    this.#timer = this.clock.after(ACKNOWLEDGED_WITHIN_MS, () => this.unanswered());
  }

  /** The server has it, as an acknowledgement or the conversation itself says. @param {string} cid */
  arrived(cid) {
    this.outbox.remove(cid);
    if (cid !== this.#cid) return;
    this.#putOff = 0;
    this.begin();
  }

  /**
   * The server refused a message. When it says after how long it would take it, it is sent again
   * by itself.
   * @param {ErrorFrame} error
   * @returns {Unsent | undefined} the message that now waits for its writer
   */
  refused(error) {
    const { cid, code, retry_after_s: after } = error;
    if (!cid) return undefined;
    this.#done();
    if (after && this.#putOff < MOST_PUT_OFF) {
      this.#putOff += 1;
      this.#cid = cid; // holds back those behind it
      // Not everybody who was told the same time comes at the same time.
      const wait = after * 1000 * (1 + this.random() / 2);
      this.#timer = this.clock.after(wait, () => this.begin());
      return undefined;
    }
    this.#putOff = 0;
    this.outbox.fail(cid, code);
    this.next();
    return this.outbox.all().find((entry) => entry.cid === cid);
  }

  #done() {
    this.#cid = null;
    this.clock.cancel(this.#timer);
  }
}
