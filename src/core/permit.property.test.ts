import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { test } from "node:test";
import * as fc from "fast-check";
import { anySnapshot, plausible } from "../../test/support/arbitrary-snapshots.ts";
import { policy } from "../../test/support/builders.ts";
import { templateOf } from "../../test/support/stack-pieces.ts";
import type { Action, ReconcileToIntent, RestartPod } from "./action.ts";
import type { JsonObject } from "./json.ts";
import { permit } from "./permit.ts";
import { decide } from "./plan.ts";
import type { Snapshot, StatefulSetState } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

/** What no permit may let through, asked of the raw annotations and the server's answer, not of the core. */
function assertHarmless(action: Action, snapshot: Snapshot): void {
  const { namespace, statefulSets } = snapshot;
  assert.ok(namespace.watched && !namespace.terminating && namespace.paused === undefined);
  assert.ok(statefulSets.every((set) => !set.testsStarted && set.paused === undefined));
  assert.notEqual(snapshot.incident?.status.phase, "Escalated");
  assert.equal(action.namespace, namespace.name);
  // Only a model asks for the other two; they have tests of their own.
  assert.ok(action.kind === "restart-pod" || action.kind === "reconcile-to-intent");
  const targets = statefulSets.filter(({ name }) => name === action.statefulSet);
  if (action.kind === "restart-pod") assertHarmlessRestart(action, targets, snapshot);
  else assertDeclaredWrite(action, targets, snapshot);
}

function assertHarmlessRestart(
  action: RestartPod,
  targets: readonly StatefulSetState[],
  { pods, nodes, incident }: Snapshot,
): void {
  const pod = pods.find(({ uid }) => uid === action.uid);
  assert.ok(pod !== undefined && targets.some(({ uid }) => uid === pod.statefulSetUid));
  assert.equal(pod.deletionAt, undefined);
  assert.ok(!nodes.some(({ name, ready }) => name === pod.nodeName && !ready));
  const done = incident?.status.attempts.filter(({ outcome }) => outcome === "applied") ?? [];
  // A rollback leaves a stuck pod behind as much as a reconcile does.
  const reconciled = done.some(({ action: name }) =>
    ["reconcile-to-intent", "rollback-release"].includes(name),
  );
  assert.ok(!action.completesReconcile || reconciled);
}

function assertDeclaredWrite(
  action: ReconcileToIntent,
  targets: readonly StatefulSetState[],
  { dryRuns }: Snapshot,
): void {
  const set = targets.find(({ uid }) => uid === action.uid);
  assert.ok(set !== undefined && !set.terminating);
  assert.equal(action.expect.replicas, set.replicas);
  const { image, command, template, replicas } = set.intent;
  if (action.replicas !== undefined) assert.equal(action.replicas, Number(replicas));
  if (action.template === undefined) return;
  assert.notEqual(image ?? command ?? template, undefined);
  const answer = dryRuns.find(({ uid }) => uid === set.uid);
  assert.ok(answer?.ok === true && isDeepStrictEqual(answer.template, action.template));
}

const odds = fc.constantFrom(true, true, true, true, true, false);
const choices = fc.record({
  which: fc.nat(3),
  rightNamespace: odds,
  rightUid: odds,
  rightState: odds,
  replicas: fc.constantFrom("right", "right", "right", "declared", "none", "others"),
  template: fc.constantFrom("answer", "answer", "answer", "none", "evil"),
  completesReconcile: fc.boolean(),
});
type Choice = typeof choices extends fc.Arbitrary<infer C> ? C : never;

/** A deletion of a pod that is really there, right or wrong in each of its parts. */
function forgedRestart({ statefulSets, pods }: Snapshot, choice: Choice): RestartPod {
  const pod = pods[choice.which % pods.length]!;
  const owner = statefulSets.find(({ uid }) => uid === pod.statefulSetUid);
  return {
    kind: "restart-pod",
    namespace: choice.rightNamespace ? "ci-1" : "ci-2",
    statefulSet: owner?.name ?? "x",
    pod: pod.name,
    uid: choice.rightUid ? pod.uid : "x",
    completesReconcile: choice.completesReconcile,
  };
}

/** A write to a StatefulSet that is really there, right or wrong in each of its parts. */
function forgedWrite({ statefulSets, dryRuns }: Snapshot, choice: Choice): ReconcileToIntent {
  const asked = statefulSets.filter((set) => dryRuns.some(({ uid }) => uid === set.uid));
  const sets = asked.length > 0 ? asked : statefulSets;
  const set = sets[choice.which % sets.length]!;
  const answer = dryRuns.find(({ uid }) => uid === set.uid);
  const templates = {
    answer: answer?.ok === true ? [answer.template as JsonObject] : [],
    none: [],
    evil: [templateOf("server", { image: "x:evil" })],
  };
  const declared = Number(set.intent.replicas);
  const right = declared === set.replicas || Number.isNaN(declared) ? [] : [declared];
  const replicas = { right, declared: [declared], none: [], others: [3] };
  return {
    kind: "reconcile-to-intent",
    namespace: choice.rightNamespace ? "ci-1" : "ci-2",
    statefulSet: set.name,
    uid: choice.rightUid ? set.uid : "x",
    expect: { replicas: choice.rightState ? set.replicas : -7, template: set.template },
    ...Object.assign({}, ...replicas[choice.replicas].map((count) => ({ replicas: count }))),
    ...Object.assign({}, ...templates[choice.template].map((template) => ({ template }))),
    changes: [],
  };
}

for (const [what, forge] of Object.entries({ write: forgedWrite, deletion: forgedRestart })) {
  test(`whoever asks for a ${what}, only a harmless one is permitted`, () => {
    let permitted = 0;
    fc.assert(
      fc.property(anySnapshot, choices, (snapshot, choice) => {
        fc.pre(snapshot.statefulSets.length > 0 && snapshot.pods.length > 0);
        const action = forge(snapshot, choice);
        if (!permit(action, viewOf(snapshot), policy).allowed) return;
        permitted += 1;
        assertHarmless(action, snapshot);
      }),
      // Few are permitted at all; so many runs that none would be a chance of one in a million.
      { numRuns: 1200 },
    );
    assert.ok(permitted > 0, "the property must be able to fail");
  });
}

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
    { numRuns: 500 },
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
  if (action.kind !== "reconcile-to-intent")
    return [
      ...elsewhere,
      { ...action, pod: "other-0" },
      ...(action.kind === "restart-pod"
        ? [{ ...action, completesReconcile: !action.completesReconcile }]
        : []),
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
