import assert from "node:assert/strict";
import { test } from "node:test";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { templateChange, withTag } from "./template-fault.ts";

function statefulSet(env: { name: string; value: string }[] = []): V1StatefulSet {
  return {
    metadata: { name: "server-1" },
    spec: {
      serviceName: "server-1",
      selector: {},
      template: { spec: { containers: [{ name: "server", image: "localhost:5000/app/server:1.2", env }] } },
    },
  };
}

const TAGS: Record<string, string> = {
  "server:1.2": "server:bad",
  server: "server:bad",
  "localhost:5000/server": "localhost:5000/server:bad",
  "localhost:5000/server:1.2": "localhost:5000/server:bad",
  "reg/server:1.2@sha256:aa": "reg/server:bad",
  "reg/server@sha256:aa": "reg/server:bad",
};
for (const [image, wanted] of Object.entries(TAGS)) {
  test(`${image} with another tag keeps its registry and name`, () => {
    assert.equal(withTag(image, "bad"), wanted);
  });
}

test("a misconfig keeps the repository and changes only the tag", () => {
  assert.deepEqual(templateChange("misconfig", statefulSet()).patch, [
    {
      op: "replace",
      path: "/spec/template/spec/containers/0/image",
      value: "localhost:5000/app/server:no-such-tag",
    },
  ]);
});

test("an environment drift hits the database's host and leaves the other variables", () => {
  const change = templateChange(
    "env-drift",
    statefulSet([
      { name: "PORT", value: "8080" },
      { name: "PGHOST", value: "db-1" },
    ]),
  );
  assert.deepEqual(change.patch, [
    { op: "replace", path: "/spec/template/spec/containers/0/env/1/value", value: "db-gone" },
  ]);
});

test("an environment drift without a host to change says so", () => {
  assert.throws(() => templateChange("env-drift", statefulSet()), /no …HOST variable/);
});
