import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { medicTraffic, medicWrite } from "./audit-writes.ts";

const patch = {
  stage: "ResponseComplete",
  verb: "patch",
  userAgent: "build-medic/0.1.0",
  requestURI: "/apis/apps/v1/namespaces/build-1/statefulsets/server-1",
  requestReceivedTimestamp: "2026-11-22T20:00:05.000000Z",
  responseStatus: { code: 200 },
  objectRef: { resource: "statefulsets", namespace: "build-1", name: "server-1" },
};
const line = (change: object) => JSON.stringify({ ...patch, ...change });

test("a patch by the medic is a write", () => {
  assert.deepEqual(medicWrite(line({})), {
    verb: "patch",
    object: "statefulsets/server-1",
    namespace: "build-1",
    at: "2026-11-22T20:00:05.000000Z",
  });
});

test("so is an uncordon, which belongs to no namespace", () => {
  const write = medicWrite(line({ objectRef: { resource: "nodes", name: "node-1" } }));
  assert.equal(write?.object, "nodes/node-1");
});

test("and a delete, and a status", () => {
  assert.ok(
    medicWrite(line({ verb: "delete", objectRef: { resource: "pods", namespace: "build-1", name: "p" } })),
  );
  const status = { resource: "pods", namespace: "build-1", name: "p", subresource: "status" };
  assert.equal(medicWrite(line({ objectRef: status }))?.object, "pods/status/p");
});

const NO_WRITES: Record<string, object> = {
  "a patch by kubectl": { userAgent: "kubectl/v1.34.5" },
  "somebody who only mentions the medic": { userAgent: "curl build-medic/1" },
  "a watch": { verb: "watch" },
  "a list": { verb: "list" },
  "a dry run": { requestURI: "/apis/apps/v1/namespaces/b/statefulsets/s?dryRun=All&fieldManager=x" },
  "a refused patch": { responseStatus: { code: 403 } },
  "a conflict": { responseStatus: { code: 409 } },
  "the stage before the answer": { stage: "RequestReceived" },
  "an Incident": { objectRef: { resource: "incidents", namespace: "build-medic", name: "x" } },
  "a lease": { verb: "update", objectRef: { resource: "leases", namespace: "build-medic", name: "x" } },
  "an event": { verb: "create", objectRef: { resource: "events", namespace: "build-medic" } },
  "asking what one may do": { verb: "create", objectRef: { resource: "selfsubjectrulesreviews" } },
};
for (const [name, change] of Object.entries(NO_WRITES)) {
  test(`${name} is no write of the medic`, () => assert.equal(medicWrite(line(change)), undefined));
}

test("half a line at the end of the log is no write", () => {
  assert.equal(medicWrite(line({}).slice(0, 60)), undefined);
});

test("finds the writes of a build's time, not those in other builds, and whether the medic was seen at all", async () => {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  const path = join(folder, "audit.log");
  const at = (seconds: number) => `2026-11-22T20:00:${String(seconds).padStart(2, "0")}.000000Z`;
  const write = (seconds: number, objectRef: object = {}) =>
    line({ requestReceivedTimestamp: at(seconds), objectRef: { ...patch.objectRef, ...objectRef } });
  const lines = [
    write(1),
    write(5),
    write(5, { namespace: "build-2" }),
    write(6, { namespace: "kube-system" }),
    write(7, { namespace: undefined, resource: "nodes" }),
    write(7, { namespace: "build-medic", resource: "configmaps" }),
    line({ requestReceivedTimestamp: at(6), userAgent: "kubectl/1" }),
    write(9),
  ];
  await writeFile(path, lines.join("\n"));
  const traffic = await medicTraffic(path, { startedAt: at(4), endedAt: at(8), namespace: "build-1" });
  await rm(folder, { recursive: true });
  assert.equal(traffic.requests, 7);
  assert.deepEqual(
    traffic.writes.map((one) => one.namespace),
    ["build-1", "kube-system", "", "build-medic"],
  );
});
