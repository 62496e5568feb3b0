import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { identity, Visitor } from "./visitor.js";

/** @type {Visitor} */
let shop;

beforeEach(() => {
  shop = new Visitor();
});

test("a token near its end is renewed with the old one before it is used", async () => {
  shop.chat.connection.start();
  await shop.greet();
  await shop.clock.pass(30_000);
  shop.socket.drop(1006);
  await shop.clock.pass(1);
  assert.equal(shop.asked.length, 1);
  shop.socket.drop(4014);
  await shop.clock.pass(600);
  assert.equal(shop.asked.length, 2);
  assert.equal(shop.asked[1]?.body.token, "t1");
});

test("an identity is used once, then its token speaks for it", async () => {
  shop.visit(identity("ada", "a"));
  shop.chat.connection.start();
  await shop.greet();
  shop.visit(identity("ada", "a"));
  shop.chat.connection.start();
  await shop.greet();
  assert.deepEqual(
    shop.asked.map(({ body }) => [body.token, body.identity !== undefined]),
    [
      [undefined, true],
      ["t1", false],
    ],
  );
});

test("another customer at the same computer finds nothing of the one before", async () => {
  shop.visit(identity("ada", "a"));
  shop.chat.send("Ada's secret");
  await shop.greet();
  shop.visit(identity("bob", "b"));
  shop.chat.connection.start();
  await shop.greet({ conversation: "c9" });
  assert.equal(shop.asked.at(-1)?.body.token, undefined);
  assert.equal(shop.socket.of("hello")[0].conversation, undefined);
  assert.deepEqual(shop.socket.of("send"), []);
});

test("an anonymous visitor who signs in keeps what they wrote", async () => {
  shop.chat.send("before");
  await shop.greet();
  shop.chat.identify(identity("ada", "a"));
  await shop.greet();
  assert.equal(shop.asked.at(-1)?.body.token, "t1");
  assert.ok(shop.asked.at(-1)?.body.identity);
  assert.equal(shop.socket.of("send")[0].text, "before");
});

test("signing out forgets the customer", async () => {
  shop.visit(identity("ada", "a"));
  shop.chat.connection.start();
  await shop.greet();
  shop.log(1);
  shop.chat.identify(null);
  await shop.greet({ conversation: "c2" });
  assert.deepEqual(shop.asked.at(-1)?.body, { site_key: "shop", locale: "en" });
  assert.equal(shop.chat.thread.items.length, 0);
});

test("a page without anybody signed in forgets the customer of before", async () => {
  shop.visit(identity("ada", "a"));
  shop.chat.connection.start();
  await shop.greet();
  shop.visit(null);
  shop.chat.connection.start();
  await shop.greet();
  assert.equal(shop.asked.at(-1)?.body.token, "t1");
  shop.visit("");
  shop.chat.connection.start();
  await shop.greet();
  assert.equal(shop.asked.at(-1)?.body.token, undefined);
  shop.visit("");
  shop.chat.connection.start();
  await shop.greet();
  assert.ok(shop.asked.at(-1)?.body.token, "a stranger stays the same stranger");
});

test("an identity that is over still lets the customer ask", async () => {
  shop.answer = (body) =>
    body.identity ? [403, { title: "Not allowed", detail: "Expired." }] : [200, shop.session()];
  shop.visit(identity("ada", "a"));
  shop.chat.send("hello?");
  await shop.greet();
  assert.equal(shop.socket.of("send").length, 1);
  assert.equal(shop.storage.getItem("chatbot:shop:subject"), null);
});

test("a wrong site key is told in the server's words and not tried again", async () => {
  shop.answer = () => [404, { title: "Not found", detail: "There is no site key x." }];
  shop.chat.connection.start();
  await shop.clock.pass(60_000);
  const told = shop.news.find((item) => item.kind === "status" && item.status === "stopped");
  assert.equal(told?.kind === "status" && told.reason, "There is no site key x.");
  assert.equal(shop.asked.length, 1);
});
