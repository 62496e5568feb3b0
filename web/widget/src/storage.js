/**
 * What the widget remembers in this browser for one site key.
 * @typedef {"token" | "subject" | "identity" | "conversation" | "outbox" | "draft" | "read" | "votes"
 *   | "rated" | "handoff" | "look"} Key
 */

export const PREFIX = "chatbot:";

/**
 * JSON values under the names of one site key. A browser that refuses storage, or has no room
 * left, still chats: values then last as long as the page.
 */
export class Store {
  /** @type {Map<string, string>} */
  #fallback = new Map();

  /** @param {Storage | null} storage @param {string} siteKey */
  constructor(storage, siteKey) {
    this.storage = storage;
    this.prefix = `${PREFIX}${siteKey}:`;
  }

  /** @param {Key} key @returns {unknown} null when absent or unreadable */
  get(key) {
    const name = this.prefix + key;
    try {
      const text = this.#fallback.get(name) ?? this.storage?.getItem(name) ?? null;
      return text === null ? null : JSON.parse(text);
    } catch {
      // Another script wrote there, or storage was switched off: both mean "nothing kept".
      return null;
    }
  }

  /** @param {Key} key */
  text(key) {
    const value = this.get(key);
    return typeof value === "string" ? value : null;
  }

  /** @param {Key} key @returns {Record<string, number>} */
  numbers(key) {
    const value = this.get(key);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? /** @type {Record<string, number>} */ (value)
      : {};
  }

  /**
   * Remember a number under `name`, forgetting the oldest beyond `most`.
   * @param {Key} key @param {string} name @param {number} value
   */
  number(key, name, value, most = 50) {
    const { [name]: _, ...others } = this.numbers(key);
    const entries = [...Object.entries(others), [name, value]].slice(-most);
    this.set(key, Object.fromEntries(entries));
  }

  /** @param {Key} key @param {unknown} value null forgets the key */
  set(key, value) {
    const name = this.prefix + key;
    this.#fallback.delete(name);
    try {
      if (value === null) this.storage?.removeItem(name);
      else if (this.storage) this.storage.setItem(name, JSON.stringify(value));
      else this.#fallback.set(name, JSON.stringify(value));
    } catch {
      // Full or forbidden: the page still remembers.
      this.#fallback.set(name, JSON.stringify(value));
    }
  }

  /** Forget the customer: for signing out on a shared computer. */
  forget() {
    for (const key of /** @type {Key[]} */ ([
      "token",
      "subject",
      "identity",
      "conversation",
      "outbox",
      "draft",
      "read",
      "votes",
      "rated",
      "handoff",
    ])) {
      this.set(key, null);
    }
  }
}

/** The page's own storage, or null where the browser refuses even to name it. */
export function pageStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
