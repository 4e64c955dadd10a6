import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { filesOfShard, parseShard } from "./shard.ts";

describe("shards", () => {
  it("are all files together, each once, whatever their number and order", () => {
    const files = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 });
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 12 }), (names, total) => {
        const shards = Array.from({ length: total }, (_, i) => filesOfShard(names, { index: i + 1, total }));
        assert.deepEqual(shards.flat().toSorted(), names.toSorted());
      }),
    );
  });

  it("are read from text", () => {
    assert.deepEqual(parseShard("2/4"), { index: 2, total: 4 });
  });

  for (const text of ["0/4", "5/4", "1/0", "4", "a/b", "1/4/2", "-1/4", ""]) {
    it(`are not read from ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseShard(text), /such as 1\/4/);
    });
  }
});
