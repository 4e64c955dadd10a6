import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { anySnapshot, plausible } from "../../test/support/arbitrary-snapshots.ts";
import { policy } from "../../test/support/builders.ts";
import { targetOf } from "./action.ts";
import type { Attempt } from "./incident.ts";
import { actionsUsed } from "./attempt.ts";
import { attemptDetail, attemptName } from "./attempt.ts";
import { decide } from "./plan.ts";
import type { Decision } from "./plan.ts";
import type { PodState, Snapshot } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

const runs = { numRuns: 120 };
const asText = (decision: Decision): string => JSON.stringify(decision);

test("every snapshot gets a decision, the same one twice, and the same one after it was recorded", () => {
  fc.assert(
    fc.property(anySnapshot, (snapshot) => {
      const decided = asText(decide(snapshot, policy));
      assert.equal(asText(decide(snapshot, policy)), decided);
      const recorded = JSON.parse(JSON.stringify(snapshot)) as Snapshot;
      assert.equal(asText(decide(recorded, policy)), decided);
    }),
    { numRuns: 300 },
  );
});

const handsOff: Record<string, (snapshot: Snapshot) => Snapshot> = {
  "is not watched": (snapshot) => ({ ...snapshot, namespace: { ...snapshot.namespace, watched: false } }),
  "is in a namespace that is being deleted": (snapshot) => ({
    ...snapshot,
    namespace: { ...snapshot.namespace, terminating: true },
  }),
  "is paused": (snapshot) => ({ ...snapshot, namespace: { ...snapshot.namespace, paused: "" } }),
  "has a paused StatefulSet": (snapshot) => ({
    ...snapshot,
    statefulSets: snapshot.statefulSets.map((set, index) => (index === 0 ? { ...set, paused: "" } : set)),
  }),
  "has begun its tests": (snapshot) => ({
    ...snapshot,
    statefulSets: snapshot.statefulSets.map((set, index) =>
      index > 0 ? set : { ...set, testsStarted: true },
    ),
  }),
  "was handed to people": (snapshot) => ({
    ...snapshot,
    incident: {
      name: "i",
      status: { ...emptyStatus, ...snapshot.incident?.status, phase: "Escalated" },
    },
  }),
  "is ready": (snapshot) => ({ ...snapshot, ...madeReady(snapshot) }),
  "is only known from the caches": (snapshot) => ({ ...snapshot, detailed: false }),
};
const emptyStatus = {
  tier: 1,
  reason: "",
  rootCause: "",
  findings: [],
  attempts: [],
  times: {},
} as const;
for (const [what, change] of Object.entries(handsOff)) {
  test(`nothing is done to a stack that ${what}, and nobody is told about it`, () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const { plan } = decide(change(snapshot), policy);
        assert.ok(plan.kind !== "remediate" && plan.kind !== "escalate", asText({ findings: [], plan }));
      }),
      runs,
    );
  });
}

/** Every StatefulSet wants one pod and has it, Ready; UIDs do not clash. */
function madeReady(snapshot: Snapshot): Pick<Snapshot, "statefulSets" | "pods"> {
  const statefulSets = snapshot.statefulSets.map((set, index) => ({
    ...set,
    uid: `u${index}`,
    terminating: false,
    replicas: 1,
    intent: {},
  }));
  const pods = statefulSets.map(({ uid, name }): PodState => ({
    name: `${name}-0`,
    uid: `${uid}-p`,
    resourceVersion: "1",
    statefulSet: name,
    statefulSetUid: uid,
    role: "server",
    ordinal: 0,
    revision: "r",
    phase: "Running",
    createdAt: 0,
    conditions: [{ type: "Ready", status: "True", since: 0 }],
    containers: [],
  }));
  return { statefulSets, pods };
}

test("waiting always ends: every time that is waited for is still to come", () => {
  fc.assert(
    fc.property(anySnapshot, (snapshot) => {
      const { plan, findings } = decide(snapshot, policy);
      if (plan.kind === "wait") assert.ok(plan.until > snapshot.at);
      for (const finding of findings) {
        if (finding.class === "wait") assert.ok((finding.patienceUntil ?? Infinity) > snapshot.at);
        else assert.equal(finding.patienceUntil, undefined);
      }
    }),
    { numRuns: 300 },
  );
});

test("a stack that is not ready never goes quiet: once its times have run out it is repaired or told", () => {
  fc.assert(
    fc.property(plausible, (snapshot) => {
      const view = viewOf(snapshot);
      const { watched, terminating } = snapshot.namespace;
      fc.pre(watched && !terminating && !view.testsStarted && view.paused === undefined && !view.ready);
      const attempts = (snapshot.incident?.status.attempts ?? []).map((attempt) => ({ ...attempt, at: 0 }));
      const { incident } = snapshot;
      const known = incident && { incident: { ...incident, status: { ...incident.status, attempts } } };
      const later = snapshot.at + 24 * 60 * 60_000;
      const { plan } = decide({ ...snapshot, ...known, at: later, detailed: true }, policy);
      assert.ok(plan.kind === "remediate" || plan.kind === "escalate", JSON.stringify(plan));
    }),
    runs,
  );
});

test("the order in which things are listed decides nothing", () => {
  fc.assert(
    fc.property(plausible, fc.infiniteStream(fc.nat()), (snapshot, numbers) => {
      const shuffled = <T>(list: readonly T[]): readonly T[] => {
        const drawn = list.map((entry) => ({ entry, at: Number(numbers.next().value) }));
        return drawn.sort((left, right) => left.at - right.at).map(({ entry }) => entry);
      };
      const again = {
        ...snapshot,
        statefulSets: shuffled(snapshot.statefulSets),
        pods: shuffled(snapshot.pods),
        nodes: shuffled(snapshot.nodes),
        dryRuns: shuffled(snapshot.dryRuns),
      };
      assert.deepEqual(decide(again, policy).plan, decide(snapshot, policy).plan);
    }),
    runs,
  );
});

test("two servers that drifted are repaired in the same order, however they are listed", () => {
  fc.assert(
    fc.property(plausible, (snapshot) => {
      const twins = snapshot.statefulSets.map((set) => ({
        ...set,
        name: `${set.name}b`,
        uid: `${set.uid}b`,
      }));
      const pods = snapshot.pods.map((pod) => ({
        ...pod,
        name: `b${pod.name}`,
        uid: `${pod.uid}b`,
        statefulSetUid: `${pod.statefulSetUid}b`,
      }));
      const dryRuns = snapshot.dryRuns.map((dryRun) => ({ ...dryRun, uid: `${dryRun.uid}b` }));
      const both = {
        ...snapshot,
        statefulSets: [...snapshot.statefulSets, ...twins],
        pods: [...snapshot.pods, ...pods],
        dryRuns: [...snapshot.dryRuns, ...dryRuns],
      };
      const turned = { ...both, statefulSets: both.statefulSets.toReversed() };
      assert.deepEqual(decide(turned, policy).plan, decide(both, policy).plan);
    }),
    runs,
  );
});

test("no sequence of troubles gets more actions than the limit, however they end", () => {
  const outcome = fc.constantFrom<Attempt["outcome"]>("applied", "applied", "failed", "pending", "refused");
  const steps = fc.array(fc.tuple(plausible, outcome), { minLength: 5, maxLength: 25 });
  let most = 0;
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 4 }), (troubles, maxActionsPerStack) => {
      let attempts: readonly Attempt[] = [];
      for (const [trouble, result] of troubles) {
        const status = { ...emptyStatus, phase: "Remediating", attempts } as const;
        const snapshot = { ...trouble, incident: { name: "i", status } };
        const { plan } = decide(snapshot, { ...policy, maxActionsPerStack });
        if (plan.kind !== "remediate") continue;
        const { action } = plan;
        const made = { action: attemptName(action), target: targetOf(action), detail: attemptDetail(action) };
        attempts = [...attempts, { ...made, by: "playbook", at: 0, outcome: result }];
        assert.ok(actionsUsed(attempts) <= maxActionsPerStack);
        const replaced = attempts.filter(({ action: name }) => name === "replace-stuck-pod");
        const applied = replaced.filter((attempt) => attempt.outcome === "applied").length;
        assert.ok(applied <= maxActionsPerStack);
      }
      most = Math.max(most, actionsUsed(attempts));
    }),
    { numRuns: 70 },
  );
  assert.ok(most >= 3, "the sequences must be able to reach a limit");
});
