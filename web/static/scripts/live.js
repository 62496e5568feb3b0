/**
 * The reply that the bot is writing now. Its words are text until the server's rendered entry
 * takes their place; words that were withdrawn are taken away again.
 */
export class LiveReply {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.id = "";
    this.attempt = 0;
    this.said = "";
    /** @type {HTMLElement | null} */
    this.item = null;
    /** @type {HTMLElement | null} */
    this.dots = null;
  }

  /** @param {{id: string, attempt: number}} event */
  start({ id, attempt }) {
    this.clear();
    this.id = id;
    this.attempt = attempt;
    this.item = bubble("message message-bot message-live", "Bot", "is writing");
    this.list.append(this.item);
  }

  /** @param {{id: string, attempt: number, offset: number, text: string}} event */
  say({ id, attempt, offset, text }) {
    if (id !== this.id || attempt !== this.attempt) this.start({ id, attempt });
    this.said = [...this.said].slice(0, offset).join("") + text;
    const words = this.item?.querySelector(".message-words");
    if (words) words.textContent = this.said;
  }

  /** @param {{id: string, attempt: number}} event */
  withdraw({ id, attempt }) {
    if (id === this.id && attempt === this.attempt) this.clear();
  }

  /** @param {string} id of the entry that says it for good */
  finish(id) {
    if (id === this.id) this.clear();
    this.typing(false);
  }

  /** @param {boolean} on */
  typing(on) {
    if (!on) {
      this.dots?.remove();
      this.dots = null;
    } else if (!this.dots) {
      this.dots = document.createElement("li");
      this.dots.className = "happening";
      this.dots.textContent = "The customer is typing …";
      this.list.append(this.dots);
    }
  }

  clear() {
    this.item?.remove();
    this.item = null;
    this.said = "";
    this.id = "";
  }
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} doing
 */
function bubble(kind, name, doing) {
  const item = document.createElement("li");
  item.className = kind;
  const face = document.createElement("span");
  face.className = "face face-bot";
  face.setAttribute("aria-hidden", "true");
  const body = document.createElement("div");
  body.className = "message-body";
  const who = document.createElement("p");
  who.className = "message-who";
  const strong = document.createElement("strong");
  strong.textContent = name;
  who.append(strong, ` ${doing}`);
  const words = document.createElement("div");
  words.className = "message-words spoken";
  words.dir = "auto";
  body.append(who, words);
  item.append(face, body);
  return item;
}
