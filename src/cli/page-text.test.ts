import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fieldRows, shorten, wrap } from "./page-text.ts";

test("a line is broken at its last space that leaves a row well filled, else after a comma", () => {
  assert.deepEqual(wrap("the pod waits for a node", 12), ["the pod", "waits for a", "node"]);
  assert.deepEqual(wrap('{"level":"error","msg":"no"}', 20), ['{"level":"error",', '"msg":"no"}']);
});

test("later rows keep the line's own indentation and hang further in", () => {
  assert.deepEqual(wrap("  container server: running", 20, 2), ["  container server:", "    running"]);
});

test("whatever the text, no row is wider than the page, and nothing but spaces is lost", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "b", " ", ",", "\n", "\t", "é", "😀"),
    maxLength: 300,
  });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 10, max: 40 }),
      fc.integer({ min: 0, max: 4 }),
      (words, width, hang) => {
        const rows = wrap(words, width, hang);
        assert.ok(rows.every((row) => row.length <= width));
        assert.ok(rows.every((row) => row.isWellFormed()));
        assert.equal(rows.join("").replace(/\s/g, ""), words.replace(/\s/g, ""));
      },
    ),
  );
});

test("a long text keeps its ends and says how much is between them", () => {
  const rows = ["1", "2", "3", "4", "5", "6"];
  assert.deepEqual(shorten(rows, { head: 2, tail: 1 }), ["1", "2", "… 3 lines more …", "6"]);
  assert.deepEqual(shorten(rows, { head: 3, tail: 2 }), rows);
});

test("values stand in a column of their own", () => {
  const pairs = [
    ["node", "node-1"],
    ["reason", "the pod of the server waits for it"],
  ] as const;
  assert.deepEqual(
    fieldRows(pairs, 32, (_, text) => text),
    ["  node    node-1", "  reason  the pod of the server", "          waits for it"],
  );
});
