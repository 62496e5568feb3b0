/** @import { Chat } from "./chat.js" */

/** A tab nobody looks at lets go of its socket: a visitor has only a few. */
const HIDDEN_FOR_MS = 60_000;

/**
 * Ties the connection to whether somebody is there: back at once when the network or the eyes are.
 * @param {Chat} chat
 * @param {() => boolean} wanted whether there is anything to be connected for
 * @param {() => void} seen somebody looks
 */
export function watchPresence(chat, wanted, seen) {
  let timer = 0;
  const there = () => {
    chat.clock.cancel(timer);
    if (document.hidden) return;
    if (chat.connection.status === "idle" && wanted()) chat.connection.start();
    else chat.connection.wake();
    seen();
  };
  const rest = () => {
    const busy = chat.thread.replies.size > 0 || chat.unsent.length > 0 || chat.wantsPerson;
    if (document.hidden && !busy) chat.connection.rest();
    else if (document.hidden) timer = chat.clock.after(HIDDEN_FOR_MS, rest);
  };
  addEventListener("online", there);
  addEventListener("focus", there);
  addEventListener("pageshow", there);
  document.addEventListener("visibilitychange", () => {
    chat.clock.cancel(timer);
    if (document.hidden) timer = chat.clock.after(HIDDEN_FOR_MS, rest);
    else there();
  });
}
