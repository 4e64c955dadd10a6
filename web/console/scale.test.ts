import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOf, stampWords } from "./scale.ts";

test("shows a minute at least, and ends on a tick so that it does not move with every second", () => {
  const { from, to, ticks, x } = scaleOf(1000, 13_000);
  assert.deepEqual([from, (to - from) / 1000], [1000, 70]);
  assert.deepEqual(
    ticks.map(({ words }) => words),
    ["0", "10 s", "20 s", "30 s", "40 s", "50 s", "1:00", "1:10"],
  );
  assert.deepEqual([x(1000), x(36_000), x(71_000)], [0, 50, 100]);
  assert.deepEqual([x(0), x(1e9)], [0, 100]);
  assert.equal(scaleOf(0, 61_000).to, scaleOf(0, 62_000).to);
});

test("has few ticks however long it gets", () => {
  for (const seconds of [1, 60, 61, 119, 300, 3000, 7200, 86_400]) {
    const { ticks, to } = scaleOf(0, seconds * 1000);
    assert.ok(ticks.length >= 3 && ticks.length <= 14, `${seconds} s: ${ticks.length} ticks`);
    assert.ok(to >= seconds * 1000);
  }
});

test("tells a moment to a tenth of a second", () => {
  assert.deepEqual([0, 9449, 59_949, 59_951, 70_300, 600_000, -5].map(stampWords), [
    "+0.0 s",
    "+9.4 s",
    "+59.9 s",
    "+1:00.0",
    "+1:10.3",
    "+10:00.0",
    "+0.0 s",
  ]);
});
