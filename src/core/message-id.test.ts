import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fnv1a128, messageIdOf } from "./message-id.ts";

test("the hash is FNV-1a with 128 bits, as its authors' own examples have it", () => {
  assert.equal(fnv1a128("").toString(16), "6c62272e07bb014262b821756295c58d");
  assert.equal(fnv1a128("a").toString(16), "d228cb696f1a8caf78912b704e4a8964");
  assert.equal(fnv1a128("foobar").toString(16), "343e1662793c64bf6f0d3597ba446f18");
});

test("an incident always has the same message id, also in the next release", () => {
  assert.equal(messageIdOf("ci-4711-2-1a2b", "0b8e7f0c-7f5e-4f5b-9d5c-2f1e8f3a9b10"), "upcjn1cn5u68w294z");
});

test("a message id is 17 characters of 0-9a-z, whatever the names are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (incident, uid) => {
      assert.match(messageIdOf(incident, uid), /^[0-9a-z]{17}$/);
      assert.equal(messageIdOf(incident, uid), messageIdOf(incident, uid));
    }),
  );
});

test("a hundred thousand incidents that look alike have as many message ids", () => {
  const ids = new Set<string>();
  for (let build = 0; build < 1000; build++) {
    for (let client = 0; client < 100; client++) {
      ids.add(messageIdOf(`ci-${build}-${client}`, `uid-${build % 7}`));
    }
  }
  assert.equal(ids.size, 100_000);
});

test("a character that moves from the name to the UID makes another id", () => {
  assert.notEqual(messageIdOf("ab", "c"), messageIdOf("a", "bc"));
});

test("the next outage of a StatefulSet that was made anew has another id", () => {
  assert.notEqual(messageIdOf("ci-1-0", "uid-1"), messageIdOf("ci-1-0", "uid-2"));
});
