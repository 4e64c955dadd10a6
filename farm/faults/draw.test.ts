import assert from "node:assert/strict";
import { test } from "node:test";
import { NETWORK_FAULTS } from "./catalogue.ts";
import { draw, generator } from "./draw.ts";

test("the same seed draws the same target and fault", () => {
  for (const seed of [0, 1, 7, 4294967295]) {
    assert.deepEqual(draw("chaos-unrecoverable", 4, seed), draw("chaos-unrecoverable", 4, seed));
  }
});

test("a hundred seeds draw every network fault and every client", () => {
  const draws = Array.from({ length: 100 }, (_, seed) => draw("chaos-unrecoverable", 4, seed));
  assert.deepEqual(new Set(draws.map((one) => one.fault)), new Set(NETWORK_FAULTS));
  assert.deepEqual(new Set(draws.map((one) => one.target)), new Set([0, 1, 2, 3]));
});

test("the other modes have one fault each, and none has none", () => {
  assert.equal(draw("none", 4, 5).fault, undefined);
  assert.equal(draw("misconfig", 4, 5).fault, "misconfig");
  assert.equal(draw("chaos-recoverable", 4, 5).fault, "cordon");
});

test("the target depends on the seed alone, not on the mode", () => {
  assert.equal(draw("misconfig", 4, 11).target, draw("chaos-unrecoverable", 4, 11).target);
});

test("the generator stays in [0, 1) and is evenly spread over ten bins", () => {
  const random = generator(42);
  const bins = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 10_000; index += 1) {
    const value = random();
    assert.ok(value >= 0 && value < 1);
    bins[Math.floor(value * 10)]! += 1;
  }
  assert.ok(
    bins.every((count) => count > 850 && count < 1150),
    `bins ${bins.join(" ")}`,
  );
});
