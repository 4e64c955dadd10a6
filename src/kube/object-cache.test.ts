import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cacheKey, ObjectCache } from "./object-cache.ts";
import type { RawObject } from "./object-cache.ts";

interface Slim {
  readonly name: string;
  readonly uid: string;
  readonly version: string;
}

function raw(name: string, version: number, more: { uid?: string; interesting?: boolean } = {}): RawObject {
  const { uid = `uid-of-${name}`, interesting = true } = more;
  return { metadata: { name, namespace: "ci", uid, resourceVersion: String(version), interesting } };
}

function rig(): { cache: ObjectCache<Slim>; told: string[] } {
  const told: string[] = [];
  const cache = new ObjectCache<Slim>({
    parse: ({ metadata }) =>
      metadata["interesting"] === false
        ? undefined
        : { name: metadata.name, uid: metadata.uid, version: metadata.resourceVersion },
    onChange: (type, object, previous) =>
      told.push(`${type} ${object.name}@${object.version}${previous ? ` was @${previous.version}` : ""}`),
  });
  return { cache, told };
}

test("tells of what is new, changed and gone, with what was known before", () => {
  const { cache, told } = rig();
  cache.put(raw("a", 1));
  cache.put(raw("a", 2));
  cache.remove("ci/a", raw("a", 3));
  assert.deepEqual(told, ["added a@1", "modified a@2 was @1", "deleted a@3 was @2"]);
  assert.equal(cache.get("ci/a"), undefined);
});

test("says nothing about an object that it holds in that very version", () => {
  const { cache, told } = rig();
  cache.put(raw("a", 1));
  cache.put(raw("a", 1));
  assert.deepEqual(told, ["added a@1"]);
});

test("tells of the end of the old object when a new one has its name", () => {
  const { cache, told } = rig();
  cache.put(raw("a", 1));
  cache.put(raw("a", 5, { uid: "another" }));
  assert.deepEqual(told, ["added a@1", "deleted a@1 was @1", "added a@5"]);
});

test("an object that is no longer of interest is told of as deleted, and one that becomes so as added", () => {
  const { cache, told } = rig();
  cache.put(raw("a", 1, { interesting: false }));
  cache.put(raw("a", 2));
  cache.put(raw("a", 3, { interesting: false }));
  cache.remove("ci/a", raw("a", 4, { interesting: false }));
  assert.deepEqual(told, ["added a@2", "deleted a@2 was @2"]);
});

test("drops what a new list does not have, once", () => {
  const { cache, told } = rig();
  cache.put(raw("a", 1));
  cache.put(raw("b", 2));
  cache.keepOnly(new Set(["ci/b"]));
  cache.keepOnly(new Set(["ci/b"]));
  assert.deepEqual(told, ["added a@1", "added b@2", "deleted a@1 was @1"]);
});

test("hands out the same array until something changes", () => {
  const { cache } = rig();
  cache.put(raw("a", 1));
  const before = cache.list();
  assert.equal(cache.list(), before);
  cache.put(raw("a", 2));
  assert.deepEqual(cache.list(), [{ name: "a", uid: "uid-of-a", version: "2" }]);
});

test("keys by namespace and name, or by name where there is no namespace", () => {
  assert.equal(cacheKey(raw("a", 1)), "ci/a");
  assert.equal(cacheKey({ metadata: { name: "node-1", uid: "u", resourceVersion: "1" } }), "node-1");
});

test("whoever follows what is told always knows exactly what the cache holds", () => {
  const object = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    uid: fc.constantFrom("u1", "u2"),
    version: fc.integer({ min: 1, max: 4 }),
    interesting: fc.boolean(),
  });
  const move = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), object }),
    fc.record({ kind: fc.constant("remove" as const), object }),
    fc.record({ kind: fc.constant("keep" as const), names: fc.subarray(["ci/a", "ci/b", "ci/c"]) }),
  );
  fc.assert(
    fc.property(fc.array(move), (moves) => {
      const known = new Map<string, Slim>();
      const cache = new ObjectCache<Slim & { interesting: boolean }>({
        parse: ({ metadata }) =>
          metadata["interesting"] === false
            ? undefined
            : {
                name: metadata.name,
                uid: metadata.uid,
                version: metadata.resourceVersion,
                interesting: true,
              },
        onChange: (type, object, previous) => {
          assert.equal(known.has(object.name), type !== "added", `${type} out of turn`);
          assert.deepEqual(known.get(object.name), previous);
          if (type === "deleted") known.delete(object.name);
          else known.set(object.name, object);
        },
      });
      for (const move of moves) {
        if (move.kind === "keep") cache.keepOnly(new Set(move.names));
        else {
          const { name, version, ...more } = move.object;
          const object = raw(name, version, more);
          if (move.kind === "put") cache.put(object);
          else cache.remove(cacheKey(object), object);
        }
        assert.deepEqual(new Set(cache.list()), new Set(known.values()));
      }
    }),
  );
});
