/** @import { MessageFrame, News, ReadyFrame } from "../src/types.js" */
import { Chat } from "../src/chat.js";
import { Store } from "../src/storage.js";
import { counter, FakeClock, FakeSocket, MemoryStorage, settled } from "./fakes.js";

/** One browser that visits the shop again and again, and the server that it finds there. */
export class Visitor {
  clock = new FakeClock();
  storage = new MemoryStorage();
  /** @type {FakeSocket[]} */
  sockets = [];
  /** @type {{url: string, body: any}[]} */
  asked = [];
  /** @type {News[]} */
  news = [];
  #newId = counter();
  /** What a session answers to a request's body. @type {(body: any) => [number, object]} */
  answer = () => [200, this.session()];

  constructor() {
    this.chat = this.visit();
  }

  session(more = {}) {
    return {
      token: `t${this.asked.length}`,
      expires_in_s: 600,
      conversation: null,
      customer: { external_id: null, name: null, verified: false },
      settings: {
        company: "Shop",
        bot_name: "Bot",
        greeting: "Hi",
        link_hosts: [],
        answer_within_s: 60,
        locale: "en",
      },
      ...more,
    };
  }

  /**
   * What a page load makes of what this browser remembers.
   * @param {string | null} identity
   * @returns {Chat}
   */
  visit(identity = null) {
    this.news = [];
    this.chat = new Chat({
      origin: "http://server",
      siteKey: "shop",
      identity,
      locale: "en",
      store: new Store(this.storage, "shop"),
      clock: this.clock,
      random: () => 0,
      newId: this.#newId,
      fetch: async (url, init) => {
        const body = JSON.parse(String(init?.body ?? "null"));
        this.asked.push({ url: String(url), body });
        const [status, content] = this.answer(body);
        return new Response(JSON.stringify(content), { status });
      },
      open: (url, protocol) => {
        const socket = new FakeSocket(url, protocol);
        this.sockets.push(socket);
        return /** @type {any} */ (socket);
      },
      tell: (item) => this.news.push(item),
    });
    return this.chat;
  }

  /** The newest socket. */
  get socket() {
    return /** @type {FakeSocket} */ (this.sockets.at(-1));
  }

  /** Accept the newest socket. */
  async accept() {
    for (let turn = 0; turn < 5; turn += 1) await settled();
    this.socket.accept();
  }

  /** Accept it and be ready. @param {Partial<ReadyFrame>} more */
  async greet(more = {}) {
    await this.accept();
    this.socket.say({
      type: "ready",
      conversation: "c1",
      seq: 0,
      state: "bot",
      degraded: false,
      heartbeat_s: 20,
      ...more,
    });
  }

  /** Tell a durable message. @param {number} seq @param {Partial<MessageFrame>} more */
  log(seq, more = {}) {
    const base = { seq, id: `m${seq}`, text: "x", at: "2026-11-20T14:02:00Z" };
    this.socket.say({ type: "message", role: "bot", ...base, ...more });
  }
}

/** What a shop's server signs, without a true signature. @param {string} sub @param {string} mark */
export function identity(sub, mark) {
  return `h.${btoa(JSON.stringify({ sub }))}.signature-of-24-chars-${mark}`;
}
