import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { test } from "node:test";
import * as fc from "fast-check";
import { anySnapshot, plausible } from "../../test/support/arbitrary-snapshots.ts";
import { policy } from "../../test/support/builders.ts";
import { templateOf } from "../../test/support/stack-pieces.ts";
import type { Action } from "./action.ts";
import type { JsonObject } from "./json.ts";
import { permit } from "./permit.ts";
import { decide } from "./plan.ts";
import type { Snapshot } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

/** What no permit may let through, asked of the raw annotations and the server's answer, not of the core. */
function assertHarmless(action: Action, snapshot: Snapshot): void {
  const { namespace } = snapshot;
  assert.ok(namespace.watched && !namespace.terminating && namespace.paused === undefined);
  assert.ok(snapshot.statefulSets.every((set) => !set.testsStarted && set.paused === undefined));
  assert.notEqual(snapshot.incident?.status.phase, "Escalated");
  assert.equal(action.namespace, namespace.name);
  const targets = snapshot.statefulSets.filter(({ name }) => name === action.statefulSet);
  if (action.kind === "restart-pod") {
    const pod = snapshot.pods.find(({ uid }) => uid === action.uid);
    assert.ok(pod !== undefined && targets.some(({ uid }) => uid === pod.statefulSetUid));
    assert.equal(pod.deletionAt, undefined);
    const onLostNode = snapshot.nodes.some(({ name, ready }) => name === pod.nodeName && !ready);
    assert.ok(!onLostNode);
    return;
  }
  const set = targets.find(({ uid }) => uid === action.uid);
  assert.ok(set !== undefined && !set.terminating);
  assert.deepEqual(action.expect.replicas, set.replicas);
  if (action.replicas !== undefined)
    assert.equal(String(action.replicas), set.intent.replicas?.replace(/^0+(?=\d)/, ""));
  if (action.template === undefined) return;
  const answer = snapshot.dryRuns.find(({ uid }) => uid === set.uid);
  assert.ok(answer?.ok === true);
  assert.ok(isDeepStrictEqual(answer.template, action.template));
  assert.notEqual(set.intent.image ?? set.intent.command ?? set.intent.template, undefined);
}

const odds = fc.constantFrom(true, true, true, false);
const choices = fc.record({
  restart: fc.boolean(),
  which: fc.nat(3),
  rightNamespace: odds,
  rightUid: odds,
  rightState: odds,
  replicas: fc.constantFrom("intent", "none", 3),
  template: fc.constantFrom("answer", "answer", "none", "evil"),
  completesReconcile: fc.boolean(),
});

/** An action on something that is really there, right or wrong in each of its parts. */
function forge(snapshot: Snapshot, choice: typeof choices extends fc.Arbitrary<infer C> ? C : never): Action {
  const { statefulSets: sets, pods } = snapshot;
  const set = sets[choice.which % Math.max(sets.length, 1)];
  const pod = pods[choice.which % Math.max(pods.length, 1)];
  const namespace = choice.rightNamespace ? "ci-1" : "ci-2";
  if (choice.restart) {
    const owner = sets.find(({ uid }) => uid === pod?.statefulSetUid) ?? set;
    return {
      kind: "restart-pod",
      namespace,
      statefulSet: owner?.name ?? "x",
      pod: pod?.name ?? "x",
      uid: choice.rightUid ? (pod?.uid ?? "x") : "x",
      completesReconcile: choice.completesReconcile,
    };
  }
  const answer = snapshot.dryRuns.find(({ uid }) => uid === set?.uid);
  const template = {
    answer: answer?.ok === true ? (answer.template as JsonObject) : undefined,
    none: undefined,
    evil: templateOf("server", { image: "x:evil" }),
  }[choice.template];
  const replicas = { intent: Number(set?.intent.replicas ?? 1), none: undefined, 3: 3 }[choice.replicas];
  return {
    kind: "reconcile-to-intent",
    namespace,
    statefulSet: set?.name ?? "x",
    uid: choice.rightUid ? (set?.uid ?? "x") : "x",
    expect: {
      replicas: choice.rightState ? (set?.replicas ?? 0) : -7,
      template: set?.template ?? {},
    },
    ...(replicas === undefined ? {} : { replicas }),
    ...(template === undefined ? {} : { template }),
    changes: [],
  };
}

test("whatever is asked for, by whomever: only harmless actions are permitted", () => {
  let permitted = 0;
  fc.assert(
    fc.property(anySnapshot, choices, (snapshot, choice) => {
      const action = forge(snapshot, choice);
      if (!permit(action, viewOf(snapshot), policy).allowed) return;
      permitted += 1;
      assertHarmless(action, snapshot);
    }),
    { numRuns: 1000 },
  );
  assert.ok(permitted > 0, `${permitted} permitted: the property must be able to fail`);
});

test("what the plan wants is permitted and harmless; changed in one place it is refused", () => {
  let planned = 0;
  fc.assert(
    fc.property(plausible, fc.nat(), (snapshot, choice) => {
      const { plan } = decide(snapshot, policy);
      if (plan.kind !== "remediate") return;
      planned += 1;
      const view = viewOf(snapshot);
      assert.equal(permit(plan.action, view, policy).allowed, true);
      assertHarmless(plan.action, snapshot);
      const mutants = mutantsOf(plan.action);
      const mutant = mutants[choice % mutants.length]!;
      assert.equal(permit(mutant, view, policy).allowed, false, JSON.stringify(mutant));
    }),
    { numRuns: 600 },
  );
  assert.ok(planned > 20, "the property must be able to fail");
});

/** The action with one thing wrong. */
function mutantsOf(action: Action): readonly Action[] {
  const elsewhere = [
    { ...action, namespace: "ci-2" },
    { ...action, statefulSet: "server-9" },
    { ...action, uid: "uid-other" },
  ];
  if (action.kind === "restart-pod")
    return [
      ...elsewhere,
      { ...action, pod: "other-0" },
      { ...action, completesReconcile: !action.completesReconcile },
    ].slice(0, 4);
  return [
    ...elsewhere,
    { ...action, replicas: (action.replicas ?? 0) + 1 },
    { ...action, template: { ...action.template, extra: true } },
    { ...action, template: templateOf("server", { image: "x:evil" }) },
    { ...action, expect: { ...action.expect, replicas: action.expect.replicas + 1 } },
    { ...action, expect: { ...action.expect, template: {} } },
  ];
}
