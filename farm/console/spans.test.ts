import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { extended } from "./spans.ts";
import { CLIENT_STATES } from "./view.ts";
import type { Span } from "./view.ts";

test("goes on in the same state, and begins another where the last one ends", () => {
  let spans: readonly Span[] = [];
  spans = extended(spans, { state: "deploying" }, 1);
  spans = extended(spans, { state: "deploying" }, 2);
  spans = extended(spans, { state: "waiting", words: "a" }, 3);
  spans = extended(spans, { state: "waiting", words: "a" }, 4);
  spans = extended(spans, { state: "waiting", words: "b" }, 5);
  spans = extended(spans, { state: "failed" }, 7);
  assert.deepEqual(spans, [
    { state: "deploying", from: 1, to: 3, waits: [] },
    {
      state: "waiting",
      from: 3,
      to: 7,
      waits: [
        { at: 3, words: "a" },
        { at: 5, words: "b" },
      ],
    },
    { state: "failed", from: 7, to: 7, waits: [] },
  ]);
  assert.equal(extended(spans, { state: "queued" }, 9), spans, "what is over stays over");
});

test("has no gap, no overlap and no end to a memory, whatever comes in", () => {
  const looks = fc.array(
    fc.record({
      state: fc.constantFrom(...CLIENT_STATES),
      at: fc.integer({ min: 0, max: 1e6 }),
      words: fc.string(),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(looks, (all) => {
      let spans: readonly Span[] = [];
      for (const { state, at, words } of all) spans = extended(spans, { state, words }, at);
      assert.ok(spans.length <= 60);
      for (const [index, span] of spans.entries()) {
        assert.ok(span.waits.length <= 12);
        assert.ok((span.to ?? span.from) >= span.from);
        if (index > 0) assert.equal(spans[index - 1]?.to, span.from);
      }
    }),
  );
});
