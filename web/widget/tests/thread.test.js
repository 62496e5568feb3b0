import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Thread } from "../src/thread.js";

/** @import { ServerFrame } from "../src/types.js" */

/** @type {Thread} */
let thread;

/** @param {Partial<import("../src/types.js").ReadyFrame>} more @returns {ServerFrame} */
const ready = (more = {}) => ({
  type: "ready",
  conversation: "c1",
  seq: 0,
  state: "bot",
  degraded: false,
  heartbeat_s: 20,
  ...more,
});

/** @param {number} seq @param {Partial<import("../src/types.js").MessageFrame>} more @returns {ServerFrame} */
const message = (seq, more = {}) => ({
  type: "message",
  seq,
  id: `m${seq}`,
  role: "bot",
  text: `text ${seq}`,
  at: "2026-11-20T14:02:00Z",
  ...more,
});

/** @param {number} offset @param {string} text @returns {import("../src/types.js").DeltaFrame} */
const delta = (offset, text, attempt = 1) => ({ type: "delta", id: "r", attempt, offset, text });

/** @param {number} attempt @returns {ServerFrame} */
const start = (attempt = 1) => ({ type: "start", id: "r", reply_to: "m1", attempt });

/** @param {...ServerFrame} frames @returns {string[]} kinds of what changed, "gap" where one showed */
function apply(...frames) {
  return frames.flatMap((frame) => {
    const { changes, gap } = thread.apply(frame);
    return [...changes.map(({ kind }) => kind), ...(gap ? ["gap"] : [])];
  });
}

const written = () => thread.replies.get("r")?.text;

beforeEach(() => {
  thread = new Thread();
  thread.apply(ready());
});

test("a reply is written piece by piece and the message has the last word", () => {
  const kinds = apply(
    start(),
    delta(0, "Hel"),
    delta(3, "lo"),
    message(1, { id: "r", text: "Hello" }),
  );
  assert.deepEqual(kinds, ["writing", "words", "words", "settled"]);
  assert.equal(thread.replies.size, 0);
  assert.deepEqual(
    thread.items.map((item) => item.type === "message" && item.text),
    ["Hello"],
  );
});

test("the last word says whether it is what was shown", () => {
  thread.apply(start());
  thread.apply(delta(0, "Hello"));
  const [change] = thread.apply(message(1, { id: "r", text: "Hello!" })).changes;
  assert.equal(change?.kind === "settled" && change.same, false);
});

test("the same frame twice changes nothing the second time", () => {
  apply(start(), delta(0, "Hel"));
  assert.deepEqual(apply(start(), delta(0, "Hel"), delta(0, "He")), []);
  assert.equal(written(), "Hel");
  apply(message(1));
  assert.deepEqual(apply(message(1)), []);
  assert.equal(thread.items.length, 1);
});

test("pieces that overlap add only what is new, counted in code points", () => {
  apply(start(), delta(0, "a🏔b"));
  assert.equal(thread.replies.get("r")?.length, 3);
  apply(delta(2, "bc"));
  assert.equal(written(), "a🏔bc");
  apply(delta(1, "🏔bcd🙂"), delta(6, "!"));
  assert.equal(written(), "a🏔bcd🙂!");
});

test("a piece that presumes one we never had is a gap, and adds nothing", () => {
  apply(start(), delta(0, "ab"));
  assert.deepEqual(apply(delta(3, "d")), ["gap"]);
  assert.equal(written(), "ab");
  assert.deepEqual(apply({ ...delta(4, "x"), id: "unknown" }), ["gap"]);
});

test("a durable event that skips a number is a gap, and is not applied", () => {
  apply(message(1));
  assert.deepEqual(apply(message(3)), ["gap"]);
  assert.equal(thread.seq, 1);
  assert.deepEqual(apply(message(2), message(3)), ["added", "added"]);
});

test("a ping that knows more than we do is a gap", () => {
  apply(message(1));
  assert.deepEqual(apply({ type: "ping", seq: 1 }), []);
  assert.deepEqual(apply({ type: "ping", seq: 2 }), ["gap"]);
});

test("after a reset the earlier words are withdrawn and another attempt begins", () => {
  apply(start(), delta(0, "wrong"));
  assert.deepEqual(apply({ type: "reset", id: "r", attempt: 1, reason: "cut" }), ["withdrawn"]);
  assert.equal(written(), "");
  apply(delta(0, "right"));
  assert.equal(written(), "right");
});

test("a later attempt withdraws the earlier one by itself, and late words of that are ignored", () => {
  apply(start(), delta(0, "old words"));
  assert.deepEqual(apply(start(2)), ["withdrawn"]);
  assert.deepEqual(
    apply(delta(0, "old", 1), { type: "reset", id: "r", attempt: 1, reason: "" }),
    [],
  );
  apply(delta(0, "new", 2));
  assert.equal(written(), "new");
  assert.deepEqual(apply(delta(0, "newest", 3)), ["withdrawn", "words"]);
  assert.equal(written(), "newest");
  assert.deepEqual(apply(delta(9, "x", 4)), ["gap"]);
});

test("on resuming, one piece holds all so far and only the new part is added", () => {
  apply(start(), delta(0, "Hello wo"));
  const kinds = apply(ready({ seq: 0 }), start(), delta(0, "Hello world"));
  assert.deepEqual(kinds, ["words"]);
  assert.equal(written(), "Hello world");
});

test("a reply that nobody speaks of after resuming is not shown as being written for ever", () => {
  apply(start(), delta(0, "Hel"), ready());
  assert.deepEqual(apply({ type: "ping", seq: 0 }), ["dropped"]);
  assert.equal(thread.replies.size, 0);
});

test("words that arrive after the last word are ignored", () => {
  apply(start(), delta(0, "a"), message(1, { id: "r", text: "a" }));
  assert.deepEqual(apply(start(), delta(0, "a"), delta(1, "b")), []);
});

test("another conversation, or one the server knows less of, begins anew", () => {
  apply(message(1), message(2));
  assert.deepEqual(apply(ready({ seq: 2 })), []);
  assert.deepEqual(apply(ready({ conversation: "c2", seq: 1 })), ["cleared"]);
  assert.equal(thread.seq, 0);
  apply(message(1));
  assert.deepEqual(apply(ready({ conversation: "c2", seq: 0 })), ["cleared"]);
});

test("who holds the conversation follows its events", () => {
  apply({ type: "state", seq: 1, state: "waiting", eta_s: 60 });
  assert.equal(thread.holder, "waiting");
  apply({ type: "state", seq: 2, state: "human", agent: "Anna" }, message(3, { role: "agent" }));
  assert.equal(thread.agent, "Anna");
  apply({ type: "state", seq: 4, state: "bot" });
  assert.deepEqual([thread.holder, thread.agent], ["bot", null]);
});

test("unread counts what the bot and people said, not the customer or the system", () => {
  apply(
    message(1, { role: "customer" }),
    message(2),
    message(3, { role: "agent" }),
    message(4, { role: "system" }),
    { type: "ticket", seq: 5, number: 7, subject: "s", status: "open" },
  );
  assert.equal(thread.unreadSince(0), 2);
  assert.equal(thread.unreadSince(2), 1);
});

test("when a person takes over, the bot falls silent in the middle of a word", () => {
  apply(start(), delta(0, "Let me exp"));
  assert.deepEqual(apply({ type: "state", seq: 1, state: "human" }), ["dropped", "added"]);
  assert.deepEqual(apply({ type: "reset", id: "r", attempt: 1, reason: "person" }), []);
  assert.equal(thread.replies.size, 0);
});
