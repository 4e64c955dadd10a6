import assert from "node:assert/strict";
import { test } from "node:test";
import { newRunId } from "./run-id.ts";

test("run ids sort by time", () => {
  const times = [0, 1_700_000_000_000, 1_796_000_000_000, 1_796_000_001_000, 2_500_000_000_000];
  const ids = times.map((time) => newRunId(time));
  assert.deepEqual([...ids].sort(), ids);
});

test("a run id makes a DNS label and a label value", () => {
  for (let index = 0; index < 50; index += 1) {
    assert.match(`build-${newRunId(Date.now() + index)}`, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
  }
});

test("two builds of the same second have different ids", () => {
  let next = 0;
  const first = newRunId(1000, () => next);
  next = 1;
  assert.notEqual(
    newRunId(1000, () => next),
    first,
  );
});
