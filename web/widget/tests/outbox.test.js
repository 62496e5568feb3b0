import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Delivery } from "../src/delivery.js";
import { Outbox } from "../src/outbox.js";
import { Store } from "../src/storage.js";
import { counter, FakeClock, MemoryStorage } from "./fakes.js";

/** @type {MemoryStorage} */ let storage;
/** @type {FakeClock} */ let clock;
/** @type {Outbox} */ let outbox;
/** @type {any[]} */ let sent;
/** @type {boolean} */ let connected;
/** @type {number} */ let unanswered;
/** @type {Delivery} */ let delivery;

const reloaded = () => new Outbox(new Store(storage, "shop"), counter(), () => clock.now());

beforeEach(() => {
  storage = new MemoryStorage();
  clock = new FakeClock();
  outbox = reloaded();
  sent = [];
  connected = true;
  unanswered = 0;
  delivery = new Delivery({
    outbox,
    clock,
    random: () => 0,
    send: (frame) => connected && sent.push(frame) > 0,
    conversation: () => "c1",
    unanswered: () => {
      unanswered += 1;
    },
  });
});

/** @param {Partial<import("../src/types.js").ErrorFrame>} more @returns {import("../src/types.js").ErrorFrame} */
const error = (more) => ({ type: "error", code: "unavailable", message: "Later.", ...more });

test("what was not acknowledged survives a reload, with its cid", () => {
  const { cid } = outbox.add("Hello", null);
  assert.deepEqual(
    reloaded()
      .all()
      .map((entry) => [entry.cid, entry.text]),
    [[cid, "Hello"]],
  );
  outbox.remove(cid);
  assert.deepEqual(reloaded().all(), []);
});

test("messages go one at a time, in the order they were written", () => {
  for (const text of ["one", "two", "three"]) outbox.add(text, null);
  delivery.begin();
  delivery.next();
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["one"],
  );
  delivery.arrived(sent[0].cid);
  delivery.arrived(sent[1].cid);
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["one", "two", "three"],
  );
});

test("after a broken connection the same message goes again under the same cid", () => {
  outbox.add("one", null);
  delivery.begin();
  delivery.begin();
  assert.equal(sent.length, 2);
  assert.equal(sent[0].cid, sent[1].cid);
  assert.equal(outbox.all()[0]?.conversation, "c1");
});

test("nothing is lost or counted as sent while there is no connection", () => {
  connected = false;
  outbox.add("one", null);
  delivery.begin();
  connected = true;
  delivery.begin();
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["one"],
  );
});

test("a message that nobody acknowledges makes us try another connection", async () => {
  outbox.add("one", null);
  delivery.begin();
  await clock.pass(14_000);
  assert.equal(unanswered, 0);
  await clock.pass(2_000);
  assert.equal(unanswered, 1);
});

test("a refused message waits for its writer, those behind it go on", () => {
  outbox.add("bad", null);
  outbox.add("good", null);
  delivery.begin();
  const failed = delivery.refused(error({ cid: sent[0].cid, code: "too_long" }));
  assert.equal(failed?.failure, "too_long");
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["bad", "good"],
  );
  assert.equal(outbox.all()[0]?.text, "bad");
  delivery.arrived(sent[1].cid);
  outbox.retry(sent[0].cid);
  delivery.next();
  assert.equal(sent[2].cid, sent[0].cid);
});

test("a message put off is sent again by itself, but not for ever", async () => {
  outbox.add("one", null);
  outbox.add("two", null);
  delivery.begin();
  const { cid } = sent[0];
  for (let round = 1; round <= 6; round += 1) {
    assert.equal(delivery.refused(error({ cid, retry_after_s: 2 })), undefined);
    await clock.pass(1_900);
    assert.equal(sent.length, round);
    await clock.pass(200);
    assert.equal(sent.at(-1).cid, cid);
  }
  assert.equal(delivery.refused(error({ cid, retry_after_s: 2 }))?.failure, "unavailable");
  assert.equal(sent.at(-1).text, "two");
});

test("messages stay with the conversation they were written for", () => {
  outbox.add("for another", "c2");
  delivery.begin();
  assert.deepEqual(sent, []);
  outbox.unbind("c2");
  delivery.begin();
  assert.equal(sent.length, 1);
});

test("a full or forbidden storage still keeps what was written while the page lives", () => {
  storage.full = true;
  outbox.add("one", null);
  assert.equal(outbox.all().length, 1);
  const bare = new Store(null, "shop");
  bare.set("draft", "Hel");
  assert.equal(bare.get("draft"), "Hel");
  bare.set("draft", null);
  assert.equal(bare.get("draft"), null);
});

test("what another script wrote under our names is not trusted", () => {
  storage.setItem("chatbot:shop:outbox", '[{"cid":1},null,{"cid":"a","text":"b"}]');
  assert.deepEqual(
    outbox.all().map(({ cid }) => cid),
    ["a"],
  );
  storage.setItem("chatbot:shop:outbox", "{broken");
  assert.deepEqual(outbox.all(), []);
  storage.setItem("chatbot:shop:read", "[1]");
  assert.deepEqual(new Store(storage, "shop").numbers("read"), {});
});

test("numbers kept by name forget the oldest beyond the most", () => {
  const store = new Store(storage, "shop");
  for (let n = 0; n < 60; n += 1) store.number("read", `c${n}`, n);
  store.number("read", "c20", 99);
  const kept = store.numbers("read");
  assert.equal(Object.keys(kept).length, 50);
  assert.equal(kept.c20, 99);
  assert.equal(kept.c5, undefined);
});
