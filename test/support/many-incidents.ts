import assert from "node:assert/strict";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { incidentsPath } from "./medic-process.ts";
import { createBuild, setsPath } from "./test-stack.ts";

/** Builds whose stacks are in their tests: the medic only watches them. No pods, so that hundreds cost nothing. */
export async function createBuildsInTests(admin: ApiAccess, builds: number, stacks: number): Promise<void> {
  for (let build = 0; build < builds; build += 1) {
    const namespace = `build-many-${build}`;
    await createBuild(admin, namespace);
    await inGroups(
      Array.from({ length: stacks }, (_, client) => () => post(admin, setsPath(namespace), idleSet(client))),
    );
  }
}

function idleSet(client: number): object {
  const name = `server-${client}`;
  const labels = { "medic/client": String(client), "medic/role": "server" };
  return {
    metadata: {
      name,
      labels: { ...labels, "medic/tests": "started" },
      annotations: { "medic/expected-image": "farm.test/server:good", "medic/expected-replicas": "0" },
    },
    spec: {
      replicas: 0,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels } },
        spec: { containers: [{ name: "server", image: "farm.test/server:good" }] },
      },
    },
  };
}

/** Closed incidents of builds that are gone, `rootCause` in each; every tenth escalated. */
export async function createClosedIncidents(
  admin: ApiAccess,
  count: number,
  rootCause: (index: number) => string,
): Promise<void> {
  await inGroups(
    Array.from({ length: count }, (_, index) => () => createClosed(admin, index, rootCause(index))),
  );
}

async function createClosed(admin: ApiAccess, index: number, rootCause: string): Promise<void> {
  const name = `old-${index}-incident`;
  const at = new Date(Date.now() - (index + 1) * 60_000).toISOString();
  const escalated = index % 10 === 0;
  const spec = {
    namespace: `build-old-${index % 40}`,
    client: String(index % 30),
    runId: `old-${index % 40}`,
    statefulSet: `server-${index % 30}`,
    statefulSetUid: `uid-${index}`,
    pod: `server-${index % 30}-0`,
  };
  const status = {
    phase: escalated ? "Escalated" : "Resolved",
    tier: 1,
    reason: escalated ? "VolumeStuck" : "ImageDrift",
    rootCause,
    findings: [],
    attempts: [],
    times: { Detected: at, [escalated ? "Escalated" : "Resolved"]: at },
    ...(escalated
      ? { escalation: { messageId: `old${index}`, events: [], channel: "#farm", sentAt: at } }
      : {}),
  };
  const incident = { apiVersion: "buildmedic.dev/v1alpha1", kind: "Incident", metadata: { name }, spec };
  await post(admin, incidentsPath, incident);
  // A medic that sees it without a status writes one itself; this one stands.
  const answer = await callApi(admin, "PATCH", `${incidentsPath}/${name}/status`, {
    body: { status },
    contentType: "application/merge-patch+json",
  });
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
}

async function post(admin: ApiAccess, path: string, body: object): Promise<void> {
  const answer = await callApi(admin, "POST", path, { body });
  assert.ok(answer.status < 300, `create ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function inGroups(work: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let at = 0; at < work.length; at += 10) await Promise.all(work.slice(at, at + 10).map((one) => one()));
}
