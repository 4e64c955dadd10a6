import assert from "node:assert/strict";
import { test } from "node:test";
import { agoWords, exactTime, tookWords } from "./time-words.ts";

const ago: readonly [ms: number, words: string][] = [
  [0, "just now"],
  [1999, "just now"],
  [12_000, "12 s ago"],
  [59_400, "59 s ago"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [3_600_000, "1 h ago"],
  [86_400_000, "1 d ago"],
  [-35 * 60_000, "in 35 min"],
];
for (const [ms, words] of ago)
  test(`${ms} ms before now is "${words}"`, () => assert.equal(agoWords(1e12 - ms, 1e12), words));

const took: readonly [ms: number, words: string][] = [
  [-5, "0.0 s"],
  [412, "0.4 s"],
  [12_400, "12 s"],
  [59_800, "1 min"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [90_000_000, "1 d 1 h"],
];
for (const [ms, words] of took)
  test(`what took ${ms} ms took "${words}"`, () => assert.equal(tookWords(ms), words));

test("the exact time is the same for everybody, and nothing for no time", () => {
  assert.equal(exactTime(Date.UTC(2026, 0, 2, 3, 4, 5, 999)), "2026-01-02 03:04:05 UTC");
  assert.equal(exactTime(Number.NaN), "");
});
