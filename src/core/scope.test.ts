import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { aStack } from "../../test/support/builders.ts";
import { outOfScope } from "./scope.ts";
import type { Named } from "./scope.ts";

const snapshot = aStack().snapshot();
const bound = "This episode is bound to the stack of client 0 in namespace ci-1; ";

for (const [what, named] of Object.entries<Named>({
  "nothing that is named": {},
  "its own namespace": { namespace: "ci-1" },
  "its own pods": { namespace: "ci-1", pod: "db-0-0" },
  "its own StatefulSets": { statefulSet: "server-0" },
})) {
  test(`${what} is within an episode's reach`, () => assert.equal(outOfScope(snapshot, named), undefined));
}

test("a pod that is gone is still the stack's", () => {
  assert.equal(outOfScope(aStack().withoutPod().snapshot(), { pod: "server-0-0" }), undefined);
});

const outside: Record<string, readonly [Named, string]> = {
  "another namespace": [{ namespace: "ci-2" }, 'namespace "ci-2" is out of its reach.'],
  "another namespace with its own pod's name": [
    { namespace: "ci-2", pod: "server-0-0" },
    'namespace "ci-2" is out of its reach.',
  ],
  "another stack's pod": [{ pod: "server-1-0" }, 'pod "server-1-0" is none of its own (db-0-0, server-0-0).'],
  "a pod that never was": [
    { pod: "server-0-1" },
    'pod "server-0-1" is none of its own (db-0-0, server-0-0).',
  ],
  "another stack's StatefulSet": [
    { statefulSet: "server-1" },
    'StatefulSet "server-1" is none of its own (db-0, server-0).',
  ],
};
for (const [what, [named, why]] of Object.entries(outside)) {
  test(`${what} is not, and told with what is`, () => assert.equal(outOfScope(snapshot, named), bound + why));
}

test("a long name is cut before it is told, and stands in quotes", () => {
  const why = outOfScope(snapshot, { pod: `\n${"x".repeat(500)}` })!;
  assert.ok(why.length < 250 && why.includes('"\\nxxx') && why.includes('..."'));
});

test("whatever is named, only the stack's own is within reach", () => {
  const any = (...own: readonly string[]) =>
    fc.option(fc.oneof(fc.constantFrom(...own), fc.string()), { nil: "" });
  fc.assert(
    fc.property(
      any("ci-1", "ci-2"),
      any("server-0-0", "db-0-0", "server-1-0"),
      any("server-0", "db-0", "server-1"),
      (namespace, pod, statefulSet) => {
        const own =
          namespace === "ci-1" &&
          ["server-0-0", "db-0-0"].includes(pod) &&
          ["server-0", "db-0"].includes(statefulSet);
        assert.equal(outOfScope(snapshot, { namespace, pod, statefulSet }) === undefined, own);
      },
    ),
  );
});
