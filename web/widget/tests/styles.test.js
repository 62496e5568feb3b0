import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../src/styles/", import.meta.url);
const sheets = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
const all = sheets.join("\n");

test("every property that a style uses is one of ours, so that none comes from the page", () => {
  const set = new Set([...all.matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  const measured = ["--seen-height", "--seen-top"]; // set by a script while the panel is open
  const used = [...all.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => String(name));
  const unknown = used.filter((name) => !set.has(name) && !measured.includes(name));
  assert.deepEqual(unknown, []);
});

test("no style fetches anything", () => {
  assert.doesNotMatch(all, /url\(|@import|@font-face/);
});
