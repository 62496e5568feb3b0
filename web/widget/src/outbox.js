/** @import { Store } from "./storage.js" */

/**
 * A message the server has not acknowledged. `conversation` is null while none is known to exist.
 * @typedef {object} Unsent
 * @property {string} cid
 * @property {string} text
 * @property {number} at when it was written, epoch milliseconds
 * @property {string | null} conversation
 * @property {string | null} failure the code of the server's reason; null while it waits to be sent
 */

/**
 * Messages on their way, kept until they are acknowledged, across reloads and tabs. Each keeps its
 * `cid`, so sending it again never says it twice.
 */
export class Outbox {
  /** @param {Store} store @param {() => string} newId @param {() => number} now */
  constructor(store, newId, now) {
    this.store = store;
    this.newId = newId;
    this.now = now;
  }

  /** @returns {Unsent[]} oldest first */
  all() {
    const kept = this.store.get("outbox");
    return Array.isArray(kept) ? kept.filter(isUnsent) : [];
  }

  /** @param {string} text @param {string | null} conversation */
  add(text, conversation) {
    /** @type {Unsent} */
    const entry = { cid: this.newId(), text, at: this.now(), conversation, failure: null };
    this.#keep([...this.all(), entry]);
    return entry;
  }

  /** The oldest message to send into `conversation`. @param {string} conversation */
  next(conversation) {
    return this.of(conversation).find((entry) => entry.failure === null);
  }

  /** Those written for `conversation`, or before any was known. @param {string | null} conversation */
  of(conversation) {
    return this.all().filter(
      (entry) => entry.conversation === null || entry.conversation === conversation,
    );
  }

  /** Acknowledged, and therefore the server's to keep. @param {string} cid */
  remove(cid) {
    this.#keep(this.all().filter((entry) => entry.cid !== cid));
  }

  /** @param {string} cid @param {string} failure */
  fail(cid, failure) {
    this.#change(cid, { failure });
  }

  /** @param {string} cid */
  retry(cid) {
    this.#change(cid, { failure: null });
  }

  /** Say which conversation a message was sent into. @param {string} cid @param {string} conversation */
  bind(cid, conversation) {
    this.#change(cid, { conversation });
  }

  /** The server does not know `conversation`: its messages may begin another. @param {string} conversation */
  unbind(conversation) {
    this.#keep(
      this.all().map((entry) =>
        entry.conversation === conversation ? { ...entry, conversation: null } : entry,
      ),
    );
  }

  /** @param {string} cid @param {Partial<Unsent>} change */
  #change(cid, change) {
    this.#keep(this.all().map((entry) => (entry.cid === cid ? { ...entry, ...change } : entry)));
  }

  /** @param {Unsent[]} entries */
  #keep(entries) {
    this.store.set("outbox", entries.length > 0 ? entries : null);
  }
}

/** @param {unknown} value @returns {value is Unsent} */
function isUnsent(value) {
  const entry = /** @type {Partial<Unsent> | null} */ (value);
  return typeof entry?.cid === "string" && typeof entry.text === "string";
}
