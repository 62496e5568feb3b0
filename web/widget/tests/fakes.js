/** @import { Clock, ServerFrame } from "../src/types.js" */

/** Time that passes only when it is told to. @implements {Clock} */
export class FakeClock {
  #now = 1_000_000;
  #next = 1;
  /** @type {Map<number, {at: number, then: () => void}>} */
  #timers = new Map();

  now() {
    return this.#now;
  }

  /** @param {number} ms @param {() => void} then */
  after(ms, then) {
    const timer = this.#next++;
    this.#timers.set(timer, { at: this.#now + ms, then });
    return timer;
  }

  /** @param {number} timer */
  cancel(timer) {
    this.#timers.delete(timer);
  }

  /** Let time pass, and whatever it brings happen. @param {number} ms */
  async pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      const first = due.sort(([, one], [, other]) => one.at - other.at)[0];
      if (!first) break;
      const [timer, { at, then }] = first;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      then();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Let promises that are ready be kept. */
export async function settled() {
  for (let turn = 0; turn < 10; turn += 1) await null;
}

/** A socket whose other end is the test. */
export class FakeSocket {
  readyState = 0;
  /** @type {any[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number, reason: string}) => void) | null} */
  onclose = null;

  /** @param {string} url @param {string} protocol */
  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {ServerFrame} frame */
  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** @param {number} code */
  drop(code, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Frames of one type that were sent. @param {string} type */
  of(type) {
    return this.sent.filter((frame) => frame.type === type);
  }
}

/** @implements {Storage} */
export class MemoryStorage {
  /** @type {Map<string, string>} */
  #items = new Map();
  full = false;

  get length() {
    return this.#items.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} name */
  getItem(name) {
    return this.#items.get(name) ?? null;
  }

  /** @param {string} name @param {string} value */
  setItem(name, value) {
    if (this.full) throw new Error("QuotaExceededError");
    this.#items.set(name, value);
  }

  /** @param {string} name */
  removeItem(name) {
    this.#items.delete(name);
  }

  clear() {
    this.#items.clear();
  }
}

/** Ids in order: id-1, id-2 … */
export function counter() {
  let count = 0;
  return () => `id-${++count}`;
}
