import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { percentilesOf, quantile } from "./percentiles.ts";

describe("percentiles", () => {
  it("are values of the sample, whatever its order", () => {
    const sample = Array.from({ length: 200 }, (_, index) => ((index * 77) % 200) + 1);
    assert.deepEqual(percentilesOf(sample), { count: 200, p50: 100, p90: 180, p99: 198, max: 200 });
  });

  it("of a small sample have its largest value as the 99th", () => {
    assert.equal(quantile([3, 1, 2], 0.99), 3);
    assert.equal(quantile([7], 0.5), 7);
  });

  it("of nothing are an error instead of a zero", () => {
    assert.throws(() => percentilesOf([]), RangeError);
  });
});
