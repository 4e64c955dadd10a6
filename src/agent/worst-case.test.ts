import assert from "node:assert/strict";
import { test } from "node:test";
import { overshootUsd } from "./worst-case.ts";

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("the last turn costs its longest answer even without a context", () => {
  close(overshootUsd({ contextBytes: 0 }), 0.06144);
});

test("the context is counted at three bytes a token and the price of a cache write", () => {
  close(overshootUsd({ contextBytes: 300_000 }), 0.06144 + 0.375);
});

test("a begun token is a whole one", () => {
  assert.equal(overshootUsd({ contextBytes: 1 }), overshootUsd({ contextBytes: 3 }));
  assert.ok(overshootUsd({ contextBytes: 4 }) > overshootUsd({ contextBytes: 3 }));
});
