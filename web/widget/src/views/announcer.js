import { el } from "./dom.js";

/**
 * Says things to a screen reader, once each, when they are finished. It stands apart from what is
 * shown, so a reply that is still being written is never read out word by word.
 */
export class Announcer {
  node = el("div", { class: "unseen", role: "status", "aria-live": "polite" });

  /** @param {string} text */
  say(text) {
    // The same words twice are two announcements: a reader notices only what changes.
    this.node.textContent = this.node.textContent === text ? `${text}\u00a0` : text;
  }
}
