import { wireComposer } from "./composer.js";
import { Connection } from "./connection.js";
import { LiveReply } from "./live.js";

const TYPING_MS = 6000;
const NEAR_END_PX = 80;

/**
 * Follows a conversation: entries as the server renders them, the bot's words as they come. The
 * view follows only who is at its end; who reads further up gets a button instead.
 * @param {Element} thread
 */
export function followThread(thread) {
  const messages = /** @type {HTMLElement} */ (thread.querySelector("[data-messages]"));
  const list = /** @type {HTMLElement} */ (messages.querySelector("ol"));
  const toEnd = /** @type {HTMLElement} */ (thread.querySelector("[data-to-end]"));
  const id = thread.getAttribute("data-conversation");
  const live = new LiveReply(list);
  let seq = Number(thread.getAttribute("data-seq"));
  let typing = 0;

  const atEnd = () =>
    messages.scrollHeight - messages.scrollTop - messages.clientHeight < NEAR_END_PX;
  const jump = () => {
    messages.scrollTop = messages.scrollHeight;
    toEnd.hidden = true;
  };
  /** @param {() => void} change */
  const grow = (change) => {
    const follow = atEnd();
    change();
    if (follow) jump();
    else toEnd.hidden = false;
  };
  /** @param {MessageEvent} event */
  const add = (event) => {
    const number = Number(event.lastEventId);
    if (event.type === "entry" && number <= seq) return;
    const item = rendered(event.data);
    const note = item.getAttribute("data-note");
    if (note && list.querySelector(`[data-note="${CSS.escape(note)}"]`)) return;
    if (event.type === "entry") seq = number;
    grow(() => {
      live.finish(item.getAttribute("data-id") ?? "");
      list.append(item);
    });
    announce(item);
  };

  toEnd.addEventListener("click", jump);
  messages.addEventListener("scroll", () => atEnd() && toEnd.setAttribute("hidden", ""), {
    passive: true,
  });
  list.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-receipt]")) showContext();
  });
  const composer = thread.querySelector("[data-composer]");
  if (composer instanceof HTMLFormElement) wireComposer(composer);
  new Connection(
    () => `/console/conversations/${id}/events?after=${seq}`,
    {
      entry: add,
      note: add,
      start: (event) => live.start(JSON.parse(event.data)),
      delta: (event) => grow(() => live.say(JSON.parse(event.data))),
      reset: (event) => live.withdraw(JSON.parse(event.data)),
      typing: (event) => {
        if (JSON.parse(event.data).role !== "customer") return;
        live.typing(true);
        clearTimeout(typing);
        typing = window.setTimeout(() => live.typing(false), TYPING_MS);
      },
    },
    (lost) => tellOffline(thread, lost),
  );
}

/**
 * One list item from the server's own template.
 * @param {string} html
 */
function rendered(html) {
  const shelf = document.createElement("template");
  shelf.innerHTML = html.trim();
  return /** @type {HTMLElement} */ (shelf.content.firstElementChild);
}

/**
 * Let every part of the page know of a new item, and those who listen hear it once.
 * @param {HTMLElement} item
 */
function announce(item) {
  /** @type {any} */ (window).htmx?.process(item);
  const spoken = document.getElementById("spoken");
  const who = item.querySelector(".message-who strong")?.textContent;
  const words = item.querySelector(".message-words")?.textContent?.trim();
  if (spoken && who && words) spoken.textContent = `${who}: ${words}`;
  for (const part of document.querySelectorAll("#receipts, #rows, #thread-head")) {
    part.dispatchEvent(new CustomEvent("refresh"));
  }
}

/**
 * Old words stay, dated: the banner says since when nothing new can have come.
 * @param {Element} thread
 * @param {boolean} lost
 */
function tellOffline(thread, lost) {
  const banner = /** @type {HTMLElement} */ (thread.querySelector("[data-offline]"));
  const since = /** @type {HTMLTimeElement} */ (banner.querySelector("[data-offline-since]"));
  if (lost && banner.hidden) {
    const now = new Date();
    since.dateTime = now.toISOString();
    since.textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
  banner.hidden = !lost;
}

/** On a narrow screen the context is a drawer: bring it out. */
function showContext() {
  const context = document.getElementById("context");
  if (context && !context.checkVisibility()) context.showPopover();
}
