import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, LANGUAGES, Words } from "../src/i18n.js";

/** @param {object} texts @returns {Map<string, string>} dotted key to text */
function flat(texts, prefix = "") {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [name, text] of flat(value, `${prefix}${key}.`)) found.set(name, text);
  }
  return found;
}

const english = flat(LANGUAGES.en ?? {});
const fields = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort().join();

for (const [language, texts] of Object.entries(LANGUAGES)) {
  test(`${language} says everything that English says, with the same things filled in`, () => {
    const mine = flat(texts);
    assert.deepEqual([...mine.keys()].sort(), [...english.keys()].sort());
    for (const [key, text] of mine) {
      assert.notEqual(text.trim(), "", key);
      assert.equal(fields(text), fields(english.get(key) ?? ""), key);
    }
  });
}

test("no language was left in English", () => {
  for (const language of ["de", "es"]) {
    const same = [...flat(LANGUAGES[language] ?? {})].filter(
      ([k, text]) => english.get(k) === text,
    );
    const words = same.map(([key]) => key).filter((key) => !key.startsWith("ticket"));
    assert.deepEqual(words, [], language);
  }
});

test("the first wish that we speak is met, and its region kept for dates", () => {
  assert.deepEqual(choose(["fr", "de-AT", "en"]), { language: "de", locale: "de-AT" });
  assert.deepEqual(choose([null, undefined, "ES_mx"]), { language: "es", locale: "es-MX" });
  assert.deepEqual(choose(["en", "de", "en-GB"]), { language: "en", locale: "en-GB" });
  assert.deepEqual(choose(["fr", "constructor", "en-!!"]), { language: "en", locale: "en" });
  assert.deepEqual(choose([]), { language: "en", locale: "en" });
});

test("counts take the right form", () => {
  const words = new Words("en", "en");
  assert.equal(words.say("new_messages", { n: 1 }), "1 new message");
  assert.equal(words.say("new_messages", { n: 2 }), "2 new messages");
});

test("what is filled in is not read as a template again", () => {
  const words = new Words("en", "en");
  assert.equal(words.say("chat", { company: "{time} $& Ltd" }), "Chat with {time} $& Ltd");
});

test("a time to come names its day", () => {
  const words = new Words("en", "en-GB", "UTC");
  const now = new Date("2026-11-20T09:42:00Z");
  assert.equal(words.due(new Date("2026-11-20T11:30:00Z"), now), "11:30 today");
  assert.equal(words.due(new Date("2026-11-21T08:00:00Z"), now), "08:00 tomorrow");
  assert.equal(words.due(new Date("2026-11-23T08:00:00Z"), now), "Monday 08:00");
  assert.match(words.due(new Date("2026-12-23T08:00:00Z"), now), /23 Dec 2026, 08:00/);
  assert.equal(words.heading(new Date("2026-11-19T23:00:00Z"), now), "Yesterday, 23:00");
});

test("lengths of time are rounded up to a whole unit", () => {
  const words = new Words("en", "en");
  assert.equal(words.length(30), "1 minute");
  assert.equal(words.length(1800), "30 minutes");
  assert.equal(words.length(4 * 3600), "4 hours");
  assert.equal(words.length(3 * 86_400), "3 days");
});

test("unknown statuses and errors are said as the server says them", () => {
  const words = new Words("de", "de");
  assert.equal(words.name("ticket_status", "open"), "Wartet");
  assert.equal(words.name("ticket_status", "constructor"), "constructor");
  assert.equal(words.error("too_long", "x"), "Die Nachricht ist zu lang.");
  assert.equal(words.error("brand_new", "Their sentence."), "Their sentence.");
});
