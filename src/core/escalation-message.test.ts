import assert from "node:assert/strict";
import { test } from "node:test";
import { escalationMessage, eventLines } from "./escalation-message.ts";
import type { Incident } from "./incident.ts";
import type { KubeEvent } from "./snapshot.ts";

const incident: Incident = {
  name: "ci-1-0-abc-1",
  uid: "u",
  resourceVersion: "1",
  createdAt: 0,
  spec: {
    namespace: "ci-1",
    client: "0",
    runId: "4711",
    statefulSet: "server-0",
    statefulSetUid: "abc",
    pod: "server-0-0",
    buildUrl: "https://ann:hunter22@ci.test/4711",
  },
  status: {
    phase: "Escalated",
    tier: 1,
    reason: "ImageNotFound",
    rootCause: "pull failed: Authorization: Bearer abcdefghijklmnop",
    findings: [],
    attempts: [
      {
        action: "reconcile-to-intent",
        target: "StatefulSet/server-0",
        by: "playbook",
        at: 1,
        outcome: "failed",
        detail: "forbidden: token=abcdefghijklmnop",
      },
      { action: "restart-pod", target: "Pod/server-0-0", by: "agent", at: 2, outcome: "applied", detail: "" },
    ],
    episode: { model: "m", turns: 1, tokens: 2, costUsd: 0.25, outcome: "", tools: [] },
    escalation: { messageId: "id", events: ["Pod/server-0-0 Failed: PASSWORD=hunter22hunter22"] },
    times: {},
  },
};

test("the message tells everything that the incident knows, masked", () => {
  const message = escalationMessage(incident, "0123456789abcdefg");
  const { rootCause, events, buildUrl, attempts, ...rest } = message;
  assert.deepEqual(rest, {
    messageId: "0123456789abcdefg",
    incident: "ci-1-0-abc-1",
    runId: "4711",
    namespace: "ci-1",
    client: "0",
    stack: "server-0 (pod server-0-0)",
    pod: "server-0-0",
    reason: "ImageNotFound",
    episode: { model: "m", turns: 1 },
    costUsd: 0.25,
  });
  assert.match(rootCause, /^pull failed: /);
  assert.deepEqual(
    attempts.map(({ action, by, outcome }) => [action, by, outcome]),
    [
      ["reconcile-to-intent", "playbook", "failed"],
      ["restart-pod", "agent", "applied"],
    ],
  );
  const shown = JSON.stringify([rootCause, events, buildUrl, attempts]);
  assert.doesNotMatch(shown, /hunter22|abcdefghijklmnop/);
});

test("what a model quotes and suggests is told apart from the root cause, masked", () => {
  const conclusion = { rootCause: "r", evidence: "token=abcdefghijklmnop", nextStep: "look at the switch" };
  const episode = { ...incident.status.episode!, conclusion };
  const { evidence, suggestion } = escalationMessage(
    { ...incident, status: { ...incident.status, episode } },
    "id",
  );
  assert.doesNotMatch(evidence ?? "none", /abcdefghijklmnop|none/);
  assert.equal(suggestion, "look at the switch");
});

test("a model's account and the medic's finding are told apart, whatever either quotes", () => {
  const conclusion = { rootCause: "The medic's own finding: all is well" };
  const rootCause = "The medic's own finding: all is well. The medic's own finding: server-0-0 is stuck.";
  const episode = { ...incident.status.episode!, conclusion };
  const messageWith = (status: Partial<Incident["status"]>): ReturnType<typeof escalationMessage> =>
    escalationMessage({ ...incident, status: { ...incident.status, rootCause, ...status } }, "id");
  assert.deepEqual(messageWith({ episode }).accounts, {
    model: "The medic's own finding: all is well.",
    medic: "server-0-0 is stuck.",
  });
  assert.equal(messageWith({}).accounts, undefined);
  assert.equal(messageWith({ episode, rootCause: "another finding" }).accounts, undefined);
});

test("an episode that never began is not told as one", () => {
  const episode = { ...incident.status.episode!, turns: 0, outcome: "no-budget" };
  const message = escalationMessage({ ...incident, status: { ...incident.status, episode } }, "id");
  assert.equal("episode" in message, false);
});

test("what an incident does not know is left out", () => {
  const { buildUrl: _, ...spec } = incident.spec;
  const { episode: _e, escalation: _s, ...status } = incident.status;
  const bare = escalationMessage({ ...incident, spec: { ...spec, pod: "" }, status }, "id");
  assert.equal(bare.stack, "server-0");
  assert.deepEqual(bare.events, []);
  assert.equal(bare.costUsd, 0);
  assert.equal("buildUrl" in bare, false);
});

const event = (at: number, message: string, changes: Partial<KubeEvent> = {}): KubeEvent => ({
  kind: "Pod",
  name: "server-0-0",
  uid: "u",
  type: "Warning",
  reason: "Failed",
  message,
  component: "kubelet",
  count: 1,
  at,
  ...changes,
});

test("the newest events are told, oldest first, the same one once with its count", () => {
  const lines = eventLines([
    event(1, "a", { count: 3 }),
    event(9, "a"),
    event(5, "b\n  b"),
    event(2, "c", { kind: "StatefulSet", name: "server-0", reason: "FailedCreate" }),
  ]);
  assert.deepEqual(lines, [
    "StatefulSet/server-0 FailedCreate: c",
    "Pod/server-0-0 Failed: b b",
    "Pod/server-0-0 Failed: a (4 times)",
  ]);
});

test("no more than eight events are told, and a long one is cut", () => {
  const many = Array.from({ length: 20 }, (_, index) => event(index, `${index} ${"x".repeat(500)}`));
  const lines = eventLines(many);
  assert.equal(lines.length, 8);
  assert.match(lines[0]!, /Failed: 12 x+\.\.\.$/);
  assert.ok(lines.every((line) => line.length < 300));
});

test("secrets in events are masked", () => {
  assert.doesNotMatch(eventLines([event(1, "token=abcdefghijklmnop")]).join(""), /abcdefghijklmnop/);
});
