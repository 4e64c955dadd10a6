import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { differences, escapePointer, isJsonObject, jsonEqual, parseJson } from "./json.ts";
import type { Json } from "./json.ts";

const equal: Record<string, readonly [Json | undefined, Json | undefined]> = {
  "the order of an object's keys does not matter": [
    { a: 1, b: { c: 2, d: 3 } },
    { b: { d: 3, c: 2 }, a: 1 },
  ],
  "an undefined member is an absent one": [{ a: 1, b: undefined }, { a: 1 }],
  "nothing equals nothing": [undefined, undefined],
};
for (const [behaviour, [left, right]] of Object.entries(equal)) {
  test(behaviour, () => {
    assert.equal(jsonEqual(left, right), true);
    assert.equal(jsonEqual(right, left), true);
  });
}

const different: Record<string, readonly [Json | undefined, Json | undefined]> = {
  "the order of an array matters": [
    [1, 2],
    [2, 1],
  ],
  "null is not absent": [{ a: null }, {}],
  "an empty object is not absent": [{ a: {} }, {}],
  "an object is not an array": [{ 0: "a" }, ["a"]],
  "text is not a number": ["1", 1],
  "a key with a special meaning in JavaScript is a key like any other": [parseJson('{"__proto__":{}}'), {}],
  "a key that every object inherits is a key like any other": [parseJson('{"constructor":{}}'), {}],
};
for (const [behaviour, [left, right]] of Object.entries(different)) {
  test(behaviour, () => {
    assert.equal(jsonEqual(left, right), false);
    assert.equal(jsonEqual(right, left), false);
  });
}

test("each difference is told where it is, deepest path first in key order", () => {
  const live = { image: "x:bad", ports: [80, 443], labels: { "app/name": "a" }, gone: 1 };
  const wanted = { image: "x:1", ports: [80], labels: { "app/name": "b" }, "a~b": true };
  assert.deepEqual(differences(live, wanted), [
    { path: "/a~0b", live: undefined, wanted: true },
    { path: "/gone", live: 1, wanted: undefined },
    { path: "/image", live: "x:bad", wanted: "x:1" },
    { path: "/labels/app~1name", live: "a", wanted: "b" },
    { path: "/ports/1", live: 443, wanted: undefined },
  ]);
});

test("a pointer's segment escapes the tilde before the slash", () => {
  assert.equal(escapePointer("~/"), "~0~1");
});

test("text that is no JSON is no value, without an error", () => {
  assert.equal(parseJson("{"), undefined);
  assert.equal(parseJson(""), undefined);
  assert.equal(parseJson("null"), null);
});

test("null and arrays are no objects", () => {
  assert.deepEqual([null, [], {}, "x", undefined].map(isJsonObject), [false, false, true, false, false]);
});

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

test("every value equals its own copy, and no copy with something else in it", () => {
  fc.assert(
    fc.property(anyJson, anyJson, (value, other) => {
      assert.equal(jsonEqual(value, structuredClone(value)), true);
      assert.equal(jsonEqual(value, other), JSON.stringify(sorted(value)) === JSON.stringify(sorted(other)));
      assert.equal(jsonEqual([value], [value, other]), false);
    }),
  );
});

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => sorted(entry));
  if (!isJsonObject(value)) return Object.is(value, -0) ? 0 : value;
  const keys = Object.keys(value).sort();
  return keys.map((key) => [key, sorted(value[key] ?? null)]).concat([["object"]]);
}
