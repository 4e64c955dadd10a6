import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimit } from "./rate-limit.ts";

test("lets a burst through, then one at a time, and is full again after a while", () => {
  const clock = { now: 1000 };
  const { take } = createRateLimit({ burst: 3, everyMs: 100, now: () => clock.now });
  assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 100]);
  clock.now += 60;
  assert.equal(take(), 40);
  clock.now += 40;
  assert.deepEqual([take(), take()], [0, 100]);
  clock.now += 10_000;
  assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 100]);
});

test("counts each one for itself and does not remember everybody", () => {
  const { take } = createRateLimit({ burst: 1, everyMs: 100, now: () => 0 });
  assert.deepEqual([take("a"), take("b"), take("a"), take("b")], [0, 0, 100, 100]);
  for (let count = 0; count < 1000; count += 1) take(`other-${count}`);
  assert.equal(take("a"), 0);
});
