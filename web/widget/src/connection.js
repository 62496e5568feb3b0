/** @import { ClientFrame, Clock, Hello, ServerFrame } from "./types.js" */
import { pause } from "./backoff.js";
import { SessionError } from "./session.js";

const OPEN_WITHIN_MS = 10_000;
const TROUBLE_AFTER_MS = 2_000;
/** A connection that lasted so long counts as a success, and pauses begin anew. */
const STEADY_MS = 10_000;
const SILENT_BEATS = 2.5;
const RATE_LIMITED_MS = 5_000;
const EXPIRED = 4014;
const RATE_LIMITED = 4013;
/** The token was refused or revoked: the next attempt, if the customer makes one, begins without. */
const REFUSED = [4501, 4509];

/** @typedef {"idle" | "connecting" | "ready" | "trouble" | "stopped"} Status */

/**
 * @typedef {object} Listener
 * @property {() => Promise<Hello>} hello what to introduce ourselves with
 * @property {(frame: ServerFrame) => void} frame
 * @property {(status: Status, reason: string) => void} status `trouble` only after two seconds of it
 * @property {(forGood: boolean) => void} expired the token is used up, or refused for good
 */

/** Whether a close means "come back". @param {number} code */
export function comesBack(code) {
  return code < 4500 || code > 4999;
}

/** A socket that is there again by itself for as long as it is wanted. */
export class Connection {
  /** @type {Status} */
  status = "idle";
  /** @type {WebSocket | null} */
  #socket = null;
  /** Grows with every new beginning, so that what an older one still says is ignored. */
  #generation = 0;
  #attempt = 0;
  #readySince = 0;
  #resumedAt = Number.NEGATIVE_INFINITY;
  #heartbeatMs = 0;
  #heardAt = 0;
  #drained = false;
  /** @type {Map<"retry" | "open" | "trouble" | "silence", number>} */
  #timers = new Map();

  /**
   * @param {object} parts
   * @param {string} parts.url
   * @param {(url: string, protocol: string) => WebSocket} parts.open
   * @param {Clock} parts.clock
   * @param {() => number} parts.random
   * @param {Listener} parts.listener
   */
  constructor({ url, open, clock, random, listener }) {
    this.url = url;
    this.open = open;
    this.clock = clock;
    this.random = random;
    this.listener = listener;
  }

  /** Be connected from now on. */
  start() {
    if (this.status === "idle" || this.status === "stopped") this.#connect();
  }

  /** The network is back or somebody looks: do not wait for a pause or a silence to end. */
  wake() {
    const silence = this.clock.now() - this.#heardAt;
    if (this.#timers.has("retry")) this.#connect();
    else if (this.status === "ready" && silence > this.#heartbeatMs * SILENT_BEATS) this.resume();
  }

  /** Let go of the socket until `start`. */
  rest() {
    this.#drop();
    this.#settle("idle");
  }

  /** Come back at once to be told what is missing. A server that never tells it gets pauses. */
  resume() {
    const soon = this.clock.now() - this.#resumedAt > STEADY_MS;
    this.#resumedAt = this.clock.now();
    this.#drop();
    if (soon) this.#connect();
    else this.#retry(0);
  }

  /** @param {ClientFrame} frame @returns {boolean} whether it went out */
  send(frame) {
    if (this.status !== "ready" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect() {
    this.#drop();
    const generation = this.#generation;
    const mine = () => generation === this.#generation;
    if (this.status !== "trouble") this.#settle("connecting");
    let hello;
    try {
      hello = await this.listener.hello();
    } catch (error) {
      if (!mine()) return;
      if (!(error instanceof SessionError)) throw error;
      if (error.again) this.#retry(error.afterMs);
      else this.#stop(error.message);
      return;
    }
    if (!mine()) return;
    const socket = this.open(this.url, "chat.v1");
    this.#socket = socket;
    this.#timer("open", OPEN_WITHIN_MS, () => this.#lost(1006, ""));
    socket.onopen = () => {
      if (mine()) socket.send(JSON.stringify({ type: "hello", ...hello }));
    };
    socket.onmessage = (event) => {
      if (mine()) this.#heard(event.data);
    };
    socket.onclose = (event) => {
      if (mine()) this.#lost(event.code, event.reason);
    };
  }

  /** @param {unknown} data */
  #heard(data) {
    const frame = parse(data);
    if (!frame) return;
    if (frame.type === "ready") {
      this.#cancel("open");
      this.#readySince = this.clock.now();
      this.#heartbeatMs = (frame.heartbeat_s || 30) * 1000;
      this.#drained = false;
      this.#settle("ready");
    }
    if (frame.type === "ping") this.send({ type: "pong" });
    if (frame.type === "drain") this.#drained = true;
    if (this.status === "ready") {
      this.#heardAt = this.clock.now();
      this.#timer("silence", this.#heartbeatMs * SILENT_BEATS, () => this.#lost(1006, ""));
    }
    this.listener.frame(frame);
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    const steady = this.status === "ready" && this.clock.now() - this.#readySince > STEADY_MS;
    if (steady || this.#drained) this.#attempt = 0;
    this.#drop();
    if (code === EXPIRED || REFUSED.includes(code)) this.listener.expired(code !== EXPIRED);
    if (!comesBack(code)) return this.#stop(reason);
    return this.#retry(code === RATE_LIMITED ? RATE_LIMITED_MS : 0);
  }

  /** @param {number} atLeastMs */
  #retry(atLeastMs) {
    if (this.status !== "trouble") this.#settle("connecting");
    const wait = Math.max(atLeastMs, pause(this.#attempt, this.random));
    this.#attempt += 1;
    this.#timer("retry", wait, () => this.#connect());
  }

  /** @param {string} reason */
  #stop(reason) {
    this.#drop();
    this.#settle("stopped", reason);
  }

  /** Forget the socket and every timer but the one that announces trouble. */
  #drop() {
    this.#generation += 1;
    for (const name of /** @type {const} */ (["retry", "open", "silence"])) this.#cancel(name);
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < 2) socket.close(1000);
  }

  /** @param {Status} status @param {string} reason */
  #settle(status, reason = "") {
    if (status === "connecting") {
      if (!this.#timers.has("trouble")) {
        this.#timer("trouble", TROUBLE_AFTER_MS, () => this.#settle("trouble"));
      }
    } else this.#cancel("trouble");
    if (status === this.status) return;
    this.status = status;
    this.listener.status(status, reason);
  }

  /** @param {"retry" | "open" | "trouble" | "silence"} name @param {number} ms @param {() => void} then */
  #timer(name, ms, then) {
    this.#cancel(name);
    const timer = this.clock.after(ms, () => {
      this.#timers.delete(name);
      then();
    });
    this.#timers.set(name, timer);
  }

  /** @param {"retry" | "open" | "trouble" | "silence"} name */
  #cancel(name) {
    const timer = this.#timers.get(name);
    if (timer !== undefined) this.clock.cancel(timer);
    this.#timers.delete(name);
  }
}

/** @param {unknown} data @returns {ServerFrame | null} null for what is no frame of ours */
function parse(data) {
  try {
    const frame = JSON.parse(String(data));
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}
