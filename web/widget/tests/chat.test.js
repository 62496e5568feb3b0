import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Visitor } from "./visitor.js";

/** @type {Visitor} */
let shop;

beforeEach(() => {
  shop = new Visitor();
});

test("what is typed before there is a connection goes out when there is one", async () => {
  shop.chat.send("one");
  shop.chat.send("two");
  await shop.greet();
  assert.deepEqual(
    shop.socket.of("send").map(({ text }) => text),
    ["one"],
  );
  shop.socket.say({ type: "ack", cid: "id-1", id: "m1", seq: 1, dup: false });
  assert.deepEqual(
    shop.socket.of("send").map(({ text }) => text),
    ["one", "two"],
  );
});

test("an unsent message survives a reload and is sent into the same conversation", async () => {
  shop.chat.send("one");
  await shop.greet();
  shop.visit();
  shop.chat.connection.start();
  await shop.greet();
  assert.deepEqual(shop.socket.of("hello")[0].conversation, "c1");
  assert.deepEqual(shop.socket.of("send"), [{ type: "send", cid: "id-1", text: "one" }]);
});

test("a message that the log already holds is not sent again", async () => {
  shop.chat.send("one");
  await shop.greet();
  shop.socket.drop(1006);
  await shop.clock.pass(1);
  await shop.greet({ seq: 1 });
  shop.log(1, { role: "customer", cid: "id-1" });
  assert.deepEqual(shop.chat.outbox.all(), []);
});

test("a gap leads to a new hello that says from where", async () => {
  shop.chat.connection.start();
  await shop.greet();
  shop.log(1);
  shop.log(3);
  await shop.greet({ seq: 3 });
  assert.equal(shop.sockets.length, 2);
  assert.deepEqual(shop.socket.of("hello")[0].resume, { seq: 1 });
  shop.log(2);
  shop.log(3);
  assert.equal(shop.chat.thread.seq, 3);
});

test("a conversation that the server no longer knows makes room for another", async () => {
  shop.answer = () => [200, shop.session({ conversation: "gone" })];
  shop.chat.outbox.add("still here", "gone");
  shop.chat.connection.start();
  await shop.accept();
  shop.socket.say({ type: "error", code: "not_found", message: "No." });
  shop.socket.drop(4500);
  await shop.greet({ conversation: "c2" });
  assert.equal(shop.socket.of("hello")[0].conversation, undefined);
  assert.equal(shop.socket.of("send")[0].text, "still here");
});

test("asking for a person survives a reload until something comes of it", async () => {
  shop.chat.handoff();
  shop.visit();
  assert.ok(shop.chat.wantsPerson);
  shop.chat.connection.start();
  await shop.greet();
  assert.equal(shop.socket.of("handoff").length, 1);
  shop.socket.say({ type: "ticket", seq: 1, number: 7, subject: "s", status: "open" });
  assert.ok(!shop.chat.wantsPerson);
  shop.socket.drop(1006);
  await shop.clock.pass(1);
  await shop.greet({ seq: 1 });
  assert.equal(shop.socket.of("handoff").length, 0);
});

test("a vote pressed while away is cast on return", async () => {
  shop.chat.feedback("m1", -1, "wrong");
  shop.chat.connection.start();
  await shop.greet();
  assert.deepEqual(shop.socket.of("feedback"), [
    { type: "feedback", message: "m1", value: -1, comment: "wrong" },
  ]);
});

test("old messages are history, later ones are fresh and unread until seen", async () => {
  shop.answer = () => [200, shop.session({ conversation: "c1" })];
  shop.chat.connection.start();
  await shop.greet({ seq: 1 });
  shop.log(1);
  assert.ok(shop.chat.thread.items[0] && !shop.chat.isFresh(shop.chat.thread.items[0]));
  assert.equal(shop.chat.unread, 0);
  shop.log(2);
  assert.ok(shop.chat.thread.items[1] && shop.chat.isFresh(shop.chat.thread.items[1]));
  assert.equal(shop.chat.unread, 1);
  shop.visit();
  shop.chat.connection.start();
  await shop.greet({ seq: 2 });
  shop.log(1);
  shop.log(2);
  assert.equal(shop.chat.unread, 1);
  shop.chat.read();
  assert.equal(shop.chat.unread, 0);
  assert.deepEqual(shop.socket.of("read"), [{ type: "read", seq: 2 }]);
});

test("typing is told to people only, and seldom", async () => {
  shop.chat.connection.start();
  await shop.greet();
  shop.chat.typing();
  assert.equal(shop.socket.of("typing").length, 0);
  shop.socket.say({ type: "state", seq: 1, state: "human", agent: "Anna" });
  shop.chat.typing();
  shop.chat.typing();
  assert.equal(shop.socket.of("typing").length, 1);
  await shop.clock.pass(3_000);
  shop.chat.typing();
  assert.equal(shop.socket.of("typing").length, 2);
});
