import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pause } from "../src/backoff.js";
import { Connection, comesBack } from "../src/connection.js";
import { SessionError } from "../src/session.js";
import { FakeClock, FakeSocket, settled } from "./fakes.js";

/** @type {FakeClock} */ let clock;
/** @type {FakeSocket[]} */ let sockets;
/** @type {string[]} */ let statuses;
/** @type {string[]} */ let heard;
/** @type {boolean[]} */ let expired;
/** @type {() => Promise<import("../src/types.js").Hello>} */ let hello;
/** @type {Connection} */ let connection;

const READY = /** @type {const} */ ({
  type: "ready",
  conversation: "c1",
  seq: 0,
  state: "bot",
  degraded: false,
  heartbeat_s: 20,
});

beforeEach(() => {
  clock = new FakeClock();
  sockets = [];
  statuses = [];
  heard = [];
  expired = [];
  hello = async () => ({ token: "t" });
  connection = new Connection({
    url: "ws://server/ws/chat",
    open: (url, protocol) => {
      const socket = new FakeSocket(url, protocol);
      sockets.push(socket);
      return /** @type {any} */ (socket);
    },
    clock,
    random: () => 0.5,
    listener: {
      hello: () => hello(),
      frame: (frame) => heard.push(frame.type),
      status: (status) => statuses.push(status),
      expired: (forGood) => expired.push(forGood),
    },
  });
});

const last = () => /** @type {FakeSocket} */ (sockets.at(-1));

async function connect() {
  connection.start();
  await settled();
  last().accept();
  last().say(READY);
}

test("pauses grow with jitter from half a second to twenty", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 30].map((n) => pause(n, () => 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  assert.equal(
    pause(5, () => 0),
    0,
  );
});

test("close codes say who comes back", () => {
  for (const code of [1000, 1001, 1006, 1011, 1012, 4001, 4008, 4012, 4013, 4014, 4499, 5000]) {
    assert.ok(comesBack(code), String(code));
  }
  for (const code of [4500, 4501, 4503, 4509, 4999]) assert.ok(!comesBack(code), String(code));
});

test("the token goes in the first frame and nowhere else", async () => {
  await connect();
  assert.equal(last().protocol, "chat.v1");
  assert.equal(last().url, "ws://server/ws/chat");
  assert.deepEqual(last().sent, [{ type: "hello", token: "t" }]);
  assert.deepEqual(statuses, ["connecting", "ready"]);
});

test("nothing is sent before the server is ready", async () => {
  connection.start();
  await settled();
  assert.equal(connection.send({ type: "stop" }), false);
  last().accept();
  assert.equal(connection.send({ type: "stop" }), false);
  last().say(READY);
  assert.equal(connection.send({ type: "stop" }), true);
});

test("a lost connection comes back after a pause", async () => {
  await connect();
  last().drop(1006);
  assert.equal(sockets.length, 1);
  await clock.pass(250);
  assert.equal(sockets.length, 2);
});

test("trouble is told only after two seconds, also when attempts keep failing", async () => {
  await connect();
  last().drop(1006);
  for (let tenth = 0; tenth < 19; tenth += 1) {
    await clock.pass(100);
    if (last().readyState === 0) last().drop(1006);
  }
  assert.ok(!statuses.includes("trouble"));
  await clock.pass(200);
  assert.equal(statuses.at(-1), "trouble");
});

test("a short break is never told", async () => {
  await connect();
  last().drop(1012);
  await clock.pass(300);
  last().accept();
  last().say(READY);
  await clock.pass(5_000);
  assert.deepEqual(statuses, ["connecting", "ready", "connecting", "ready"]);
});

test("the network's return does not wait for the pause to end", async () => {
  await connect();
  for (let round = 0; round < 6; round += 1) {
    last().drop(1006);
    await clock.pass(10_001);
  }
  last().drop(1006);
  const before = sockets.length;
  connection.wake();
  await settled();
  assert.equal(sockets.length, before + 1);
  connection.wake();
  await settled();
  assert.equal(sockets.length, before + 1);
});

test("pings are answered, and a server that falls silent is left", async () => {
  await connect();
  last().say({ type: "ping", seq: 0 });
  assert.deepEqual(last().sent.at(-1), { type: "pong" });
  await clock.pass(49_000);
  assert.equal(sockets.length, 1);
  await clock.pass(2_000);
  assert.equal(sockets.length, 2);
});

test("whoever comes back to a connection that slept is connected anew at once", async () => {
  await connect();
  clock.after = () => 0; // timers do not run while a computer sleeps
  await clock.pass(600_000);
  connection.wake();
  await settled();
  assert.equal(sockets.length, 2);
});

test("a handshake that hangs is given up", async () => {
  connection.start();
  await settled();
  await clock.pass(10_000);
  assert.equal(sockets[0]?.readyState, 3);
  await clock.pass(500);
  assert.equal(sockets.length, 2);
});

test("codes that do not come back stop for good, with the reason", async () => {
  for (const code of [4500, 4501, 4503, 4509]) {
    await connect();
    const count = sockets.length;
    last().drop(code);
    await clock.pass(60_000);
    assert.equal(sockets.length, count);
    assert.equal(connection.status, "stopped");
  }
  assert.deepEqual(expired, [true, true]);
});

test("an expired token is renewed, one refused for good is forgotten", async () => {
  await connect();
  last().drop(4014);
  assert.deepEqual(expired, [false]);
  await clock.pass(250);
  assert.equal(sockets.length, 2);
  last().drop(4501);
  assert.deepEqual(expired, [false, true]);
});

test("a limited visitor waits at least five seconds", async () => {
  await connect();
  last().drop(4013);
  await clock.pass(4_900);
  assert.equal(sockets.length, 1);
  await clock.pass(200);
  assert.equal(sockets.length, 2);
});

test("a server that greets and hangs up again is asked less and less often", async () => {
  await connect();
  const waits = [];
  for (let round = 0; round < 8; round += 1) {
    const count = sockets.length;
    const since = clock.now();
    last().drop(1011);
    while (sockets.length === count) await clock.pass(50);
    waits.push(clock.now() - since);
    last().accept();
    last().say(READY);
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("a gap is asked for at once, the same gap again only after a pause", async () => {
  await connect();
  connection.resume();
  await settled();
  assert.equal(sockets.length, 2);
  last().accept();
  last().say(READY);
  connection.resume();
  await settled();
  assert.equal(sockets.length, 2);
  await clock.pass(500);
  assert.equal(sockets.length, 3);
});

test("a socket we left says nothing any more", async () => {
  await connect();
  const [old] = sockets;
  connection.resume();
  await settled();
  const count = heard.length;
  old?.say({ type: "ping", seq: 9 });
  old?.drop(4500);
  assert.equal(heard.length, count);
  assert.notEqual(connection.status, "stopped");
});

test("a session that cannot be had is asked for again, a refused one is not", async () => {
  hello = async () => {
    throw new SessionError("", 503, true, 3_000);
  };
  connection.start();
  await settled();
  hello = async () => ({ token: "t" });
  await clock.pass(2_900);
  assert.equal(sockets.length, 0);
  await clock.pass(200);
  assert.equal(sockets.length, 1);
  connection.rest();
  hello = async () => {
    throw new SessionError("Unknown site key.", 404, false);
  };
  connection.start();
  await settled();
  assert.equal(connection.status, "stopped");
});

test("resting lets go of the socket and of every timer", async () => {
  await connect();
  connection.rest();
  await clock.pass(100_000);
  assert.equal(sockets.length, 1);
  assert.equal(last().readyState, 3);
  assert.equal(connection.status, "idle");
});

test("what is no frame of ours is ignored", async () => {
  await connect();
  for (const data of ["", "null", "[]", "{}", '{"type":1}', "ping"]) {
    last().onmessage?.({ data });
  }
  assert.deepEqual(heard, ["ready"]);
});
