import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { JsonLines } from "./json-lines.ts";

function collect(chunks: readonly string[]): unknown[] {
  const values: unknown[] = [];
  const lines = new JsonLines((value) => values.push(value));
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return values;
}

test("puts lines together however the chunks are cut", () => {
  const values = fc.array(fc.record({ type: fc.string(), object: fc.jsonValue() }));
  fc.assert(
    fc.property(values, fc.array(fc.nat(), { maxLength: 30 }), fc.boolean(), (values, cuts, ended) => {
      const expected = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
      const text = values.map((value) => JSON.stringify(value)).join("\n") + (ended ? "\n" : "");
      const at = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
      const chunks = at.map((end, index) => text.slice(at[index - 1] ?? 0, end));
      assert.deepEqual(collect(chunks), expected);
    }),
  );
});

test("hands out a line as soon as its end is there", () => {
  const values: unknown[] = [];
  const lines = new JsonLines((value) => values.push(value));
  lines.push('{"a":1}\n{"b"');
  assert.deepEqual(values, [{ a: 1 }]);
  lines.push(":2}\n");
  assert.deepEqual(values, [{ a: 1 }, { b: 2 }]);
});

test("throws at a line that is no JSON, and at one that breaks off", () => {
  assert.throws(() => collect(['{"a":1}\n{"b\n']), SyntaxError);
  assert.throws(() => collect(['{"a":1}\n{"b":']), SyntaxError);
});
