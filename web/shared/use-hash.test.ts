import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, placeOf } from "./use-hash.ts";

test("a place survives its way through the address", () => {
  const query = { q: "a b&c=d?e#f ü", phase: "open", reason: "" };
  assert.deepEqual(placeOf(hashOf("/", query)), { path: "/", query: { q: query.q, phase: "open" } });
  assert.deepEqual(placeOf(hashOf("/incidents/a-1")), { path: "/incidents/a-1", query: {} });
});

test("an address without a place is the overview", () => {
  for (const hash of ["", "#", "#?q="]) assert.equal(placeOf(hash).path, "/", hash);
});
