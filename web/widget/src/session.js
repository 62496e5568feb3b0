/** @import { Clock, ConversationSummary, Session } from "./types.js" */
/** @import { Store } from "./storage.js" */

const ANSWER_WITHIN_MS = 10_000;
/** A token this near its end is renewed before it is used. */
const MARGIN_MS = 5_000;

/** The server refused, or could not be reached; `again` says whether trying later may help. */
export class SessionError extends Error {
  /**
   * @param {string} message
   * @param {number} status of the answer; 0 when there was none
   * @param {boolean} again
   * @param {number} afterMs wait at least so long
   */
  constructor(message, status, again, afterMs = 0) {
    super(message);
    this.status = status;
    this.again = again;
    this.afterMs = afterMs;
  }
}

/**
 * The `sub` of a signed identity, read without trusting it: it only decides whether what this
 * browser remembers may belong to the same customer. The server checks the signature.
 * @param {string} identity
 */
export function subjectOf(identity) {
  try {
    const payload = (identity.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === "string" ? sub : null;
  } catch {
    return null; // not a token we can read; the server will say what is wrong with it
  }
}

/** The visitor's token: asked for, kept, and renewed with the one before. */
export class Sessions {
  /** @type {Session | null} */
  current = null;
  #expires = 0;

  /**
   * @param {object} parts
   * @param {string} parts.origin
   * @param {string} parts.siteKey
   * @param {string | null} parts.identity "" when the page says that nobody is signed in, null when
   *   it says nothing
   * @param {string} parts.locale what the customer reads, as far as the page knows
   * @param {Store} parts.store
   * @param {Clock} parts.clock
   * @param {typeof globalThis.fetch} parts.fetch
   */
  constructor({ origin, siteKey, identity, locale, store, clock, fetch }) {
    this.origin = origin;
    this.siteKey = siteKey;
    this.identity = identity || null;
    this.locale = locale;
    this.store = store;
    this.clock = clock;
    this.fetch = fetch;
    if (identity) this.#forgetSomebodyElse(identity);
    else if (identity === "" && store.text("subject") !== null) store.forget();
  }

  /** Go on as another customer, or with `null` as a stranger. @param {string | null} identity */
  become(identity) {
    if (identity) this.#forgetSomebodyElse(identity);
    else this.store.forget();
    this.identity = identity;
    this.current = null;
  }

  /** A session whose token still holds. @returns {Promise<Session>} */
  async fresh() {
    if (this.current && this.clock.now() < this.#expires - MARGIN_MS) return this.current;
    return this.renew();
  }

  /**
   * The token is used up, whatever its time says.
   * @param {boolean} forGood it is not even worth renewing
   */
  expire(forGood) {
    this.#expires = 0;
    if (forGood) this.store.set("token", null);
  }

  /** @returns {Promise<Session>} */
  async renew() {
    const asked = this.identity;
    const session = await this.#open(asked);
    if (asked !== this.identity) return this.renew(); // somebody signed in or out meanwhile
    this.current = session;
    this.#expires = this.clock.now() + session.expires_in_s * 1000;
    this.store.set("token", session.token);
    return session;
  }

  /** @param {string | null} identity @returns {Promise<Session>} */
  async #open(identity) {
    const token = this.store.text("token");
    // An identity may be used once: the token that came of it speaks for it afterwards.
    const used = identity && token && this.store.text("identity") === fingerprint(identity);
    const claim = used ? null : identity;
    try {
      const session = await this.#post(token, claim);
      if (claim) {
        this.store.set("identity", fingerprint(claim));
        this.store.set("subject", subjectOf(claim));
      }
      return session;
    } catch (error) {
      const refused = error instanceof SessionError && [401, 403].includes(error.status);
      if (!claim || !refused) throw error;
      // A page that stood open too long carries an identity that is over. The customer may still
      // ask, as whom this browser's token names: never somebody else, whose token is forgotten.
      return this.#post(token, null);
    }
  }

  /** @param {string | null} token @param {string | null} identity */
  async #post(token, identity) {
    const body = {
      site_key: this.siteKey,
      locale: this.locale,
      ...(token ? { token } : {}),
      ...(identity ? { identity } : {}),
    };
    const answer = await this.#ask("/api/v1/widget/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return /** @type {Session} */ (answer);
  }

  /** The customer's conversations, newest first. @returns {Promise<ConversationSummary[]>} */
  async conversations() {
    const { token } = await this.fresh();
    const list = /** @type {{items: ConversationSummary[]}} */ (
      await this.#ask("/api/v1/widget/conversations", {
        headers: { authorization: `Bearer ${token}` },
      })
    );
    return list.items;
  }

  /** @param {string} identity */
  #forgetSomebodyElse(identity) {
    const before = this.store.text("subject");
    if (before !== null && before !== subjectOf(identity)) this.store.forget();
  }

  /** @param {string} path @param {RequestInit} init @returns {Promise<unknown>} */
  async #ask(path, init) {
    const { fetch } = this; // called bare: a browser's fetch refuses any other `this`
    const response = await fetch(this.origin + path, {
      ...init,
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).catch((/** @type {Error} */ error) => {
      throw new SessionError(error.message, 0, true);
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    const again = response.ok || response.status === 429 || response.status >= 500;
    const seconds = Number(response.headers.get("retry-after")) || 0;
    throw new SessionError(problem(answer), response.status, again, seconds * 1000);
  }
}

/** Enough of a signature to know the same identity again. @param {string} identity */
function fingerprint(identity) {
  return identity.slice(-24);
}

/** @param {unknown} answer */
function problem(answer) {
  const { detail, title } = /** @type {{detail?: unknown, title?: unknown}} */ (answer ?? {});
  return String(detail ?? title ?? "");
}
