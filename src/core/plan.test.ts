import { targetOf } from "./action.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  CAME_UP,
  DEPLOYED,
  MINUTE,
  SECOND,
  crashed,
  defaulted,
  imageNotFound,
  running,
  templateOf,
  terminating,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import type { Action } from "./action.ts";
import type { Finding } from "./finding.ts";
import type { Attempt, IncidentStatus, Phase } from "./incident.ts";
import { attemptDetail, attemptName } from "./attempt.ts";
import { decide, lacksModel } from "./plan.ts";
import type { Plan } from "./plan.ts";

type Of<K extends Plan["kind"]> = Plan & { kind: K };
const planOf = (stack: StackBuilder, changes: Partial<typeof policy> = {}): Plan =>
  decide(stack.snapshot(), { ...policy, ...changes }).plan;
function expectPlan<K extends Plan["kind"]>(stack: StackBuilder, kind: K, changes = {}): Of<K> {
  const plan = planOf(stack, changes);
  assert.equal(plan.kind, kind, JSON.stringify(plan));
  return plan as Of<K>;
}

const bad = aStack().liveImage("x:bad").withPod(imageNotFound("x:bad"));
const left = aStack().withPod(imageNotFound("x:bad")).onOldRevision("x:bad");
const missing = aStack().withPod(imageNotFound("farm.test/server:1"));

const idle: Record<string, StackBuilder> = {
  "a ready stack": aStack(),
  "a ready stack that has drifted": aStack().liveImage("x:bad"),
  "a stack in a namespace that is not watched": bad.namespace({ watched: false }),
  "a stack in a namespace that is being deleted": bad.namespace({ terminating: true }),
  "a stack whose tests have started": bad.testsStarted(),
  "a stack that is being deleted whole": bad.set({ terminating: true }).set({ terminating: true }, "db"),
  "a stack that is gone": aStack().withoutSet("server").withoutSet("db"),
};
for (const [what, stack] of Object.entries(idle)) {
  test(`${what} gets nothing, from the caches or in detail`, () => {
    expectPlan(stack, "none");
    expectPlan(stack.cached(), "none");
  });
}

const held: Record<string, StackBuilder> = {
  "a paused namespace": bad.namespace({ paused: "Ann" }),
  "a StatefulSet paused without a word": bad.set({ paused: "" }),
  "an incident that people have": bad.incident({ phase: "Escalated" }),
};
for (const [what, stack] of Object.entries(held)) {
  test(`${what} is left alone`, () => void expectPlan(stack, "hold"));
}

test("what people have stays with them, also when its tests start or it becomes ready", () => {
  expectPlan(aStack().incident({ phase: "Escalated" }), "hold");
  expectPlan(aStack().incident({ phase: "Escalated" }).testsStarted(), "none");
});

// --- from the caches ---------------------------------------------------------------------------------------------

test("a stack that is coming up is left alone until its debounce has run out, then looked at", () => {
  const stack = aStack().withPod(running(DEPLOYED)).cached();
  const wait = expectPlan(stack.at(CAME_UP), "wait");
  assert.equal(wait.until, CAME_UP + policy.debounceMs);
  expectPlan(stack.at(wait.until), "look");
});

test("a terminal state is looked at at once", () => {
  expectPlan(bad.cached().after(SECOND), "look");
});

// --- repairs -----------------------------------------------------------------------------------------------------

test("a bad image under drift is set right at once, with no debounce", () => {
  const { action, finding } = expectPlan(bad.after(SECOND), "remediate");
  assert.equal(finding.reason, "ImageDrift");
  assert.deepEqual(action.kind === "reconcile-to-intent" && action.template, defaulted(templateOf("server")));
});

test("no replicas where one is declared is set right when the debounce has run out", () => {
  const stack = aStack()
    .liveReplicas(0)
    .set({ specChangedAt: DEPLOYED + MINUTE });
  expectPlan(stack.at(CAME_UP + MINUTE), "wait");
  const { action } = expectPlan(stack.after(MINUTE + policy.debounceMs), "remediate");
  assert.equal(action.kind === "reconcile-to-intent" && action.replicas, 1);
});

test("declared zero replicas are no trouble when there are none, and drift when there is one that is not ready", () => {
  expectPlan(aStack().intent({ replicas: "0" }).liveReplicas(0), "none");
  const stack = aStack().intent({ replicas: "0" }).withPod(running(DEPLOYED), "db");
  assert.equal(expectPlan(stack, "remediate").finding.reason, "ReplicasDrift");
});

test("any set command is drift where the image's own is declared", () => {
  const stack = aStack()
    .intent({ command: "" })
    .liveCommand(["sleep", "1d"])
    .withPod(crashed({ exitCode: 0, reason: "Completed" }));
  const { action } = expectPlan(stack, "remediate");
  assert.deepEqual(action.kind === "reconcile-to-intent" && action.template, defaulted(templateOf("server")));
});

test("the database is set right before the server", () => {
  const both = bad.liveImage("x:bad", "db").withPod(imageNotFound("x:bad"), "db");
  assert.equal(targetOf(expectPlan(both, "remediate").action), "StatefulSet/db-0");
});

test("the pod that a reconcile left behind is replaced, as part of it", () => {
  const { action, finding } = expectPlan(left.incident({ attempts: [reconciled()] }), "remediate");
  assert.equal(finding.reason, "StaleRevision");
  assert.deepEqual(action, {
    kind: "restart-pod",
    namespace: "ci-1",
    statefulSet: "server-0",
    pod: "server-0-0",
    uid: "uid-server-0-0-a",
    completesReconcile: true,
  });
});

test("a pod that somebody else's rollback left behind is replaced too, as an action of its own", () => {
  const { action } = expectPlan(left, "remediate");
  assert.equal(action.kind === "restart-pod" && action.completesReconcile, false);
});

test("a pod whose image was changed in place is replaced", () => {
  const stack = aStack().withPod((pod) => ({
    ...imageNotFound("x:bad")(pod),
    containers: imageNotFound("x:bad")(pod).containers.map((one) => ({ ...one, image: "x:bad" })),
  }));
  const { action, finding } = expectPlan(stack, "remediate");
  assert.equal(finding.reason, "PodDrift");
  assert.equal(action.kind === "restart-pod" && action.completesReconcile, false);
});

// --- waiting -----------------------------------------------------------------------------------------------------

const pulls = (cause: string): StackBuilder =>
  aStack()
    .withPod(waiting("ImagePullBackOff", cause))
    .after(10 * SECOND);
const waits: Record<string, readonly [StackBuilder, number]> = {
  "a registry that limits pulls": [pulls("429 Too Many Requests"), DEPLOYED + 10 * MINUTE],
  "a registry that cannot be reached": [pulls("dial tcp: i/o timeout"), DEPLOYED + 90 * SECOND],
  "a pod that is being replaced": [
    left.withPod(terminating(DEPLOYED + 9 * MINUTE)).after(9 * MINUTE),
    DEPLOYED + 10 * MINUTE,
  ],
  "the first of several": [
    pulls("429 Too Many Requests").withPod(waiting("ErrImagePull", "no such host"), "db"),
    DEPLOYED + 90 * SECOND,
  ],
  "a database that the server needs": [
    aStack()
      .withPod(waiting("CreateContainerError"), "db")
      .withPod(running(DEPLOYED))
      .after(3 * MINUTE + 58 * SECOND),
    DEPLOYED + 4 * MINUTE,
  ],
  "a database that is drifted and comes up": [
    aStack()
      .liveCommand(["x"], "db")
      .withPod(running(DEPLOYED), "db")
      .withPod(crashed())
      .after(3 * SECOND),
    DEPLOYED + 8 * SECOND,
  ],
};
for (const [what, [stack, until]] of Object.entries(waits)) {
  test(`waiting is right for ${what}`, () => assert.equal(expectPlan(stack, "wait").until, until));
}

test("after its time, what was waited for is handed to people", () => {
  const { reason } = expectPlan(pulls("429 Too Many Requests").after(10 * MINUTE), "escalate");
  assert.equal(reason, "ImagePullThrottled");
});

test("a StatefulSet that changed while it was read is read again before anybody is told", () => {
  for (const code of [404, 409]) {
    const stack = missing.dryRun({ code, message: "" });
    const plan = expectPlan(stack, "wait");
    assert.equal(plan.until, stack.snapshot().at + 5 * SECOND);
  }
});

test("what another StatefulSet needs is not held up by one that changed while it was read", () => {
  const stack = bad.dryRun({ code: 409, message: "" }, "db");
  assert.equal(targetOf(expectPlan(stack, "remediate").action), "StatefulSet/server-0");
});

// --- escalations -------------------------------------------------------------------------------------------------

const cordoned = unscheduled("0/2 nodes are available: 2 node(s) were unschedulable.");
const beyond: Record<string, readonly [StackBuilder, string, RegExp]> = {
  "an image that does not exist, as declared": [missing, "ImageNotFound", /^server-0-0 cannot get the image/],
  "nodes that are cordoned for maintenance": [
    aStack().withPod(cordoned).withNode("node-1", { unschedulable: true, maintenance: "Ann: disks" }),
    "NodesCordoned",
    /node-1 in maintenance: Ann: disks/,
  ],
  "replicas that nobody can read": [
    bad.intent({ replicas: "three" }),
    "IntentInvalid",
    /"three".*; server-0-0 cannot get the image/,
  ],
  "a command that is no JSON array": [bad.intent({ command: "sleep 1" }), "IntentInvalid", /JSON array/],
  "a template that is no template": [bad.intent({ template: "{}" }), "IntentInvalid", /has no spec/],
  "an image for one of two containers": [
    bad
      .liveTemplate({ spec: { containers: [{ name: "server", image: "x:bad" }, { name: "proxy" }] } })
      .intent({ image: "farm.test/server:1" })
      .withPod(imageNotFound("x:bad")),
    "IntentAmbiguous",
    /server, proxy/,
  ],
  "annotations that contradict each other": [
    bad.intent({ image: "x:1", template: templateOf("server") }),
    "IntentConflict",
    /contradicts/,
  ],
  "a template that the API server refuses": [
    bad.dryRun({ code: 422, message: "no such field" }),
    "IntentRejected",
    /no such field/,
  ],
  "no annotations at all": [bad.intent({}), "ImageNotFound", /declares no intent/],
  "a dry run that is forbidden": [
    bad.dryRun({ code: 403, message: "no" }),
    "ImageNotFound",
    /is unknown: no/,
  ],
  "a stack without its database": [
    aStack().withoutSet("db").withPod(running(DEPLOYED)),
    "ProbeFailed",
    /no StatefulSet with the role db/,
  ],
  "a partition that holds the pod": [left.set({ partition: 1 }), "PartitionHeld", /partition 1/],
};
for (const [what, [stack, reason, rootCause]] of Object.entries(beyond)) {
  test(`${what}: nothing is done, people are told, ${reason}`, () => {
    const plan = expectPlan(stack, "escalate");
    assert.equal(plan.reason, reason);
    assert.match(plan.rootCause, rootCause);
    assert.equal(plan.refused, undefined);
  });
}

test("no more than three findings make a root cause, and what is only waited for is none", () => {
  const both = missing
    .withPod(imageNotFound("farm.test/db:1"), "db")
    .intent({ replicas: "x", image: "", command: "x" });
  assert.equal(expectPlan(both, "escalate").rootCause.split("; ").length >= 3, true);
  const slow = missing.withPod(waiting("ErrImagePull", "no such host"), "db").after(30 * SECOND);
  assert.doesNotMatch(expectPlan(slow, "escalate").rootCause, /no such host/);
});

test("a repair that was applied and did not help is told as that, with what is wrong now", () => {
  const stack = missing.incident({ attempts: [reconciled()] });
  const { reason, rootCause } = expectPlan(stack, "escalate");
  assert.equal(reason, "RepairDidNotHold");
  assert.match(rootCause, /^after reconcile-to-intent: server-0-0 cannot get the image/);
});

test("what an earlier outage needed explains nothing about this one", () => {
  const failed = Array.from({ length: 3 }, () => reconciled("failed"));
  const stack = missing.incident({ phase: "Resolved", attempts: [reconciled()] });
  assert.equal(expectPlan(stack, "escalate").reason, "ImageNotFound");
  expectPlan(bad.incident({ phase: "Gone", attempts: failed }), "remediate");
});

test("a repair that was refused or failed did not happen, so the first reason stands", () => {
  const stack = missing.incident({ attempts: [reconciled("failed"), reconciled("refused")] });
  assert.equal(expectPlan(stack, "escalate").reason, "ImageNotFound");
});

test("the same drift a second time is somebody else's doing: no second repair", () => {
  const { action } = expectPlan(bad, "remediate");
  const repairedOnce = { ...reconciled(), detail: attemptDetail(action) };
  const { reason, rootCause } = expectPlan(bad.incident({ attempts: [repairedOnce] }), "escalate");
  assert.equal(reason, "RepairDidNotHold");
  assert.match(rootCause, /has come back/);
});

test("another drift is another repair", () => {
  const stack = bad.incident({ attempts: [{ ...reconciled(), detail: "replicas: 0 → 1" }] });
  expectPlan(stack, "remediate");
});

test("a repair that the server refused twice is tried again, one refused three times is not", () => {
  const failed = (times: number) => ({
    attempts: Array.from({ length: times }, () => ({ ...reconciled("failed"), detail: "forbidden" })),
  });
  expectPlan(bad.incident(failed(2)), "remediate");
  const { reason, rootCause } = expectPlan(bad.incident(failed(3)), "escalate");
  assert.equal(reason, "RepairRefused");
  assert.match(rootCause, /failed 3 times: forbidden$/);
});

test("three actions are enough; replacing the pod that a reconcile left behind is none of its own", () => {
  const used = (count: number, ...more: readonly Attempt[]) => ({
    attempts: [
      ...Array.from({ length: count }, (_, index) => ({ ...reconciled(), detail: `drift ${index}` })),
      ...more,
    ],
  });
  expectPlan(bad.incident(used(2)), "remediate");
  const { reason, refused } = expectPlan(bad.incident(used(3)), "escalate");
  assert.equal(reason, "RepairRefused");
  assert.equal(refused?.permission.code, "ActionsUsedUp");
  const replaced = { ...reconciled(), action: "replace-stuck-pod", target: "Pod/server-0-0" };
  expectPlan(left.incident(used(3, replaced, replaced)), "remediate");
  expectPlan(left.incident(used(3, replaced, replaced, replaced)), "escalate");
});

test("in a storm nothing is done and the reason of the trouble is told", () => {
  const stack = bad.farm({ stacks: 8, stacksBySymptom: { ImageNotFound: 4 } });
  const { reason, refused } = expectPlan(stack, "escalate");
  assert.equal(reason, "ImageDrift");
  assert.equal(refused?.permission.code, "Storm");
});

test("in observe mode the repair is told and not done", () => {
  const { reason, refused, rootCause } = expectPlan(bad, "escalate", { mode: "observe" });
  assert.equal(reason, "ImageDrift");
  assert.equal(refused?.permission.code, "ObserveOnly");
  assert.equal(refused.action.kind, "reconcile-to-intent");
  assert.match(rootCause, /not repaired: /);
});

test("a pod on a node that is not ready is not deleted: it may still run", () => {
  const { reason, refused } = expectPlan(left.withNode("node-1", { ready: false }), "escalate");
  assert.equal(reason, "RepairRefused");
  assert.equal(refused?.permission.code, "NodeNotReady");
});

// --- verifying ---------------------------------------------------------------------------------------------------

const at = aStack().snapshot().at;
const verifying = (status: Partial<IncidentStatus>): StackBuilder =>
  aStack().incident({ phase: "Verifying", ...status });

test("a stack that is ready after a repair must stay so before anybody calls it repaired", () => {
  assert.equal(expectPlan(verifying({}), "verify").until, at + policy.verifyMs);
  const since = at - policy.verifyMs;
  assert.equal(expectPlan(verifying({ readySince: since + 1 }), "verify").until, at + 1);
  assert.equal(expectPlan(verifying({ readySince: since }), "close").phase, "Resolved");
});

test("a relapse that nobody saw, because the medic was away, begins the time anew", () => {
  const since = at - 10 * MINUTE;
  const readyAgain = at - SECOND;
  const stack = verifying({ readySince: since }).withPod((pod) => ({
    ...pod,
    conditions: [{ type: "Ready", status: "True", since: readyAgain }],
  }));
  assert.equal(expectPlan(stack, "verify").until, readyAgain + policy.verifyMs);
});

test("an incident that is over needs no verification", () => {
  for (const phase of ["Resolved", "Gone"] as const) expectPlan(verifying({ phase }), "none");
});

const leaving: Record<string, readonly [StackBuilder, Phase]> = {
  "the namespace is no longer watched": [bad.namespace({ watched: false }), "Gone"],
  "the namespace is being deleted": [bad.namespace({ terminating: true }), "Gone"],
  "the tests started on a stack that is ready": [aStack().testsStarted(), "Resolved"],
  "the tests started on a stack that is not": [bad.testsStarted(), "Gone"],
  "the stack is gone": [aStack().withoutSet("server").withoutSet("db"), "Gone"],
};
for (const [when, [stack, phase]] of Object.entries(leaving)) {
  test(`an open incident is over when ${when}: ${phase}`, () => {
    assert.equal(expectPlan(stack.incident({}), "close").phase, phase);
  });
}

// --- what an attempt is called -----------------------------------------------------------------------------------

test("an attempt is named and described by what it does", () => {
  const { action } = expectPlan(bad, "remediate");
  assert.equal(attemptName(action), "reconcile-to-intent");
  assert.equal(attemptDetail(action), 'template spec/containers/0/image: "x:bad" → "farm.test/server:1"');
  const restart: Action = {
    kind: "restart-pod",
    namespace: "ci-1",
    statefulSet: "server-0",
    pod: "server-0-0",
    uid: "u",
    completesReconcile: false,
  };
  assert.equal(attemptName(restart), "restart-pod");
  assert.equal(attemptName({ ...restart, completesReconcile: true }), "replace-stuck-pod");
  assert.equal(attemptDetail(restart), "delete pod server-0-0 so that server-0 makes it anew");
});

test("the findings are part of the decision once there was something to decide", () => {
  const { findings } = decide(bad.snapshot(), policy);
  assert.deepEqual(
    findings.map(({ reason }: Finding) => reason),
    ["ImageDrift", "ImageNotFound"],
  );
  assert.deepEqual(decide(aStack().snapshot(), policy).findings, []);
});

function reconciled(outcome: Attempt["outcome"] = "applied"): Attempt {
  return {
    action: "reconcile-to-intent",
    target: "StatefulSet/server-0",
    by: "playbook",
    at: DEPLOYED + 9 * MINUTE,
    outcome,
    detail: "image",
  };
}

test("a stack that is ready while its episode is under way is resolved when that has ended", () => {
  const episode = { model: "m", turns: 0, tokens: 0, costUsd: 0, outcome: "running", tools: [] };
  const stack = aStack().incident({ phase: "Verifying", readySince: DEPLOYED, episode });
  assert.equal(decide(stack.snapshot(), policy).plan.kind, "verify");
  const ended = aStack().incident({
    phase: "Verifying",
    readySince: DEPLOYED,
    episode: { ...episode, outcome: "completed" },
  });
  assert.equal(decide(ended.snapshot(), policy).plan.kind, "close");
});

test("tells a stack that only lacks a model from one that has been asked about, needs people or is repaired", () => {
  const crashing = aStack().withPod(crashed());
  const beyond = (own: typeof policy, on = crashing): boolean => lacksModel(on.snapshot(), own);
  assert.equal(beyond(policy), true);
  assert.equal(beyond({ ...policy, mode: "observe" }), true);
  assert.equal(beyond({ ...policy, tier2: true }), false);
  assert.equal(beyond(policy, crashing.farm({ stacks: 5, stacksBySymptom: { CrashLoop: 5 } })), false);
  assert.equal(beyond(policy, aStack()), false);
});
