import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRequest } from "./audit-trail.ts";
import type { AuditedRequest } from "./audit-trail.ts";
import { concernsReaction, reactionTo } from "./reaction.ts";

const second = Date.parse("2026-01-02T03:04:05Z");

function line(event: Record<string, unknown>): string {
  return JSON.stringify({
    verb: "patch",
    userAgent: "build-medic/0.1.0",
    requestURI: "/apis/apps/v1/namespaces/b/statefulsets/server-0",
    requestReceivedTimestamp: "2026-01-02T03:04:05.123456Z",
    stageTimestamp: "2026-01-02T03:04:05.200000Z",
    objectRef: { resource: "statefulsets", namespace: "b", name: "server-0" },
    responseStatus: { code: 200 },
    ...event,
  });
}

describe("a line of the audit log", () => {
  it("keeps its microseconds", () => {
    assert.ok(Math.abs(parseRequest(line({}))!.receivedAt - (second + 123.456)) < 1e-3);
  });

  it("names the subresource with the resource", () => {
    const objectRef = { resource: "pods", subresource: "status", namespace: "b", name: "server-0-0" };
    assert.equal(parseRequest(line({ objectRef }))?.resource, "pods/status");
  });

  it("is left out when it is cut short", () => {
    assert.equal(parseRequest(line({}).slice(0, -5)), undefined);
  });
});

describe("the reaction to a broken stack", () => {
  const broken = { namespace: "b", statefulSet: "server-0", at: 1_000 };
  const base = { namespace: "b", code: 200, dryRun: false, answeredAt: 0 };
  const request = (
    agent: string,
    what: Pick<AuditedRequest, "verb" | "resource" | "name">,
    receivedAt: number,
  ): AuditedRequest => ({ ...base, agent, ...what, receivedAt });
  const bind = { verb: "create", resource: "pods/binding", name: "server-0-0" };
  const status = { verb: "patch", resource: "pods/status", name: "server-0-0" };
  const write = { verb: "patch", resource: "statefulsets", name: "server-0" };
  const story = [
    request("kwok", status, 900),
    request("bench", write, 1_001),
    request("kwok", status, 1_050),
    request("kube-scheduler", bind, 1_100),
    request("kwok", status, 1_200),
    request("build-medic", write, 1_260),
    request("kwok", status, 1_500),
    request("build-medic", write, 1_600),
  ];

  it("counts from the first status of the pod that was bound after the break to the agent's first write", () => {
    assert.equal(reactionTo(broken, story, "build-medic")?.ms, 60);
  });

  it("is missing when only others wrote", () => {
    assert.equal(reactionTo(broken, story, "bench-poller"), undefined);
  });

  it("is missing when the write came after the next break of the same stack", () => {
    assert.equal(reactionTo(broken, story, "build-medic", 1_250), undefined);
  });

  it("takes a write before the status as what it is: negative", () => {
    const early = story.toSpliced(4, 0, request("build-medic", write, 1_150));
    assert.equal(reactionTo(broken, early, "build-medic")?.ms, -50);
  });

  it("does not count dry runs and refused requests as writes", () => {
    const real = request("build-medic", write, 1);
    assert.equal(concernsReaction(real), true);
    assert.equal(concernsReaction({ ...real, dryRun: true }), false);
    assert.equal(concernsReaction({ ...real, code: 409 }), false);
  });
});
