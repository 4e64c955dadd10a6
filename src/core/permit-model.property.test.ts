import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { test } from "node:test";
import * as fc from "fast-check";
import { anySnapshot } from "../../test/support/arbitrary-snapshots.ts";
import { policy } from "../../test/support/builders.ts";
import { examined } from "../../test/support/examined-snapshots.ts";
import type { Action, RollbackRelease, UncordonNode } from "./action.ts";
import { isJsonObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import { permit } from "./permit.ts";
import { rollbackAction } from "./rollback.ts";
import type { NodeState, Snapshot, StatefulSetState } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

/** The two actions that only a model asks for: what is allowed is asked of the raw snapshot, not of the core. */

const flagged = { ...policy, allowNodePatch: true };
const leaving = /^(?:ToBeDeleted|DeletionCandidate)|karpenter|shutdown|out-of-service/;

const specOf = ({ template }: StatefulSetState): JsonObject =>
  isJsonObject(template["spec"]) ? template["spec"] : {};
const objectsIn = (list: Json | undefined): readonly JsonObject[] =>
  Array.isArray(list) ? list.filter(isJsonObject) : [];

/** As far as the snapshots of this test have demands. */
function couldRun(set: StatefulSetState, { labels, taints }: NodeState, { claims }: Snapshot): boolean {
  const spec = specOf(set);
  const selector = isJsonObject(spec["nodeSelector"]) ? Object.entries(spec["nodeSelector"]) : [];
  const keys = objectsIn(spec["tolerations"]).map(({ key }) => key);
  const own =
    typeof claims === "object" ? claims.filter(({ name }) => name.startsWith(`data-${set.name}-`)) : [];
  const demands = own.flatMap(({ nodeTerms }) => nodeTerms.flatMap(({ expressions }) => expressions));
  return (
    selector.every(([key, value]) => labels[key] === value) &&
    taints.every(
      ({ key, effect }) =>
        effect === "PreferNoSchedule" || key === "node.kubernetes.io/unschedulable" || keys.includes(key),
    ) &&
    demands.every(({ key, values }) => values.includes(labels[key] ?? ""))
  );
}

function assertNeeded({ node: name, uid, namespace }: UncordonNode, snapshot: Snapshot): void {
  assert.equal(namespace, snapshot.namespace.name);
  const node = snapshot.nodes.find((candidate) => candidate.name === name);
  assert.ok(node !== undefined && node.uid === uid && node.unschedulable && node.ready);
  assert.equal(node.maintenance, undefined);
  assert.ok(!node.taints.some(({ key }) => leaving.test(key)), "nobody takes it away");
  const needing = snapshot.statefulSets.filter((set) => {
    const waits = snapshot.pods.some(
      (pod) =>
        pod.statefulSetUid === set.uid &&
        pod.conditions.some(
          ({ type, status, message }) =>
            type === "PodScheduled" && status === "False" && message?.includes("were unschedulable") === true,
        ),
    );
    const others = snapshot.nodes.filter(
      (other) => other.ready && !other.unschedulable && couldRun(set, other, snapshot),
    );
    return waits && couldRun(set, node, snapshot) && others.length === 0;
  });
  assert.ok(needing.length > 0, "a pod waits for it that no other node can take");
}

function assertOwnRevision(action: RollbackRelease, snapshot: Snapshot): void {
  assert.equal(action.namespace, snapshot.namespace.name);
  const set = snapshot.statefulSets.find(({ name }) => name === action.statefulSet);
  assert.ok(set !== undefined && set.uid === action.uid && !set.terminating);
  const own = (snapshot.revisions ?? []).filter(({ statefulSetUid }) => statefulSetUid === set.uid);
  assert.ok(
    own.some(
      ({ name, template }) => name === action.revision && isDeepStrictEqual(template, action.template),
    ),
  );
  const { image, command, template } = set.intent;
  assert.notEqual(image ?? command ?? template, undefined);
  const [then] = objectsIn(specOf({ ...set, template: action.template })["containers"]);
  const [live] = objectsIn(specOf(set)["containers"]);
  const [declared] =
    template === undefined
      ? []
      : objectsIn((JSON.parse(template) as { spec: JsonObject }).spec["containers"]);
  assert.equal(then?.["image"], image ?? declared?.["image"] ?? live?.["image"]);
  assert.notEqual(specOf({ ...set, template: action.template })["hostNetwork"], true);
}

const handsOff = ({ namespace, statefulSets, incident }: Snapshot): boolean =>
  !namespace.watched ||
  namespace.terminating ||
  namespace.paused !== undefined ||
  statefulSets.some((set) => set.testsStarted || set.paused !== undefined) ||
  incident?.status.phase === "Escalated";

function assertRefused(mutants: readonly Action[], snapshot: Snapshot): void {
  for (const mutant of mutants)
    assert.equal(permit(mutant, viewOf(snapshot), flagged).allowed, false, JSON.stringify(mutant));
}

test("an uncordon that is allowed is needed; changed in one place it is refused", () => {
  let permitted = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(examined.cordoned, examined.cordoned, anySnapshot), fc.nat(), (snapshot, which) => {
      fc.pre(snapshot.nodes.length > 0);
      const { name, uid } = snapshot.nodes[which % snapshot.nodes.length]!;
      const action: UncordonNode = { kind: "uncordon-node", namespace: "ci-1", node: name, uid };
      assert.equal(permit(action, viewOf(snapshot), policy).allowed, false, "never without the flag");
      if (!permit(action, viewOf(snapshot), flagged).allowed) {
        refused += 1;
        return;
      }
      permitted += 1;
      assert.ok(!handsOff(snapshot));
      assertNeeded(action, snapshot);
      assertRefused(
        [
          { ...action, namespace: "ci-2" },
          { ...action, node: "node-9" },
          { ...action, uid: "uid-other" },
        ],
        snapshot,
      );
    }),
    { numRuns: 1500 },
  );
  assert.ok(permitted > 50 && refused > 50, `must be able to fail: ${permitted} and ${refused}`);
});

test("a rollback that is allowed goes to a revision of its own; changed in one place it is refused", () => {
  let permitted = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.oneof(examined.released, examined.released, anySnapshot),
      fc.nat(),
      fc.nat(),
      (snapshot, whichSet, whichRevision) => {
        const { revisions = [] } = snapshot;
        const { sets } = viewOf(snapshot);
        fc.pre(sets.length > 0 && revisions.length > 0);
        const own = sets.find(({ set }) => set.name === "server-0") ?? sets[whichSet % sets.length]!;
        const action = rollbackAction(own, revisions[whichRevision % revisions.length]!, "ci-1");
        if (!permit(action, viewOf(snapshot), policy).allowed) {
          refused += 1;
          return;
        }
        permitted += 1;
        assert.ok(!handsOff(snapshot));
        assertOwnRevision(action, snapshot);
        const { expect } = action;
        assertRefused(
          [
            { ...action, namespace: "ci-2" },
            { ...action, statefulSet: "server-9" },
            { ...action, uid: "uid-other" },
            { ...action, revision: "server-0-r9" },
            { ...action, template: { ...action.template, extra: true } },
            { ...action, expect: { ...expect, replicas: expect.replicas + 1 } },
            { ...action, expect: { ...expect, template: {} } },
          ],
          snapshot,
        );
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(permitted > 50 && refused > 50, `must be able to fail: ${permitted} and ${refused}`);
});
