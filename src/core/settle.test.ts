import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { DEPLOYED, MINUTE, SECOND, terminating, waiting } from "../../test/support/stack-pieces.ts";
import type { Attempt } from "./incident.ts";
import { settleAttempts } from "./settle.ts";

const begunAt = DEPLOYED + MINUTE + 300;
const reconcile: Attempt = {
  action: "reconcile-to-intent",
  target: "StatefulSet/server-0",
  by: "playbook",
  at: begunAt,
  outcome: "pending",
  detail: "image",
};
const restart: Attempt = { ...reconcile, action: "replace-stuck-pod", target: "Pod/server-0-0" };
const uncordon: Attempt = { ...reconcile, action: "uncordon-node", target: "Node/node-1", by: "agent" };
const done: Attempt = { ...reconcile, outcome: "applied" };

const outcomes = (stack: StackBuilder, ...attempts: readonly Attempt[]): readonly string[] | undefined =>
  settleAttempts(stack.incident({ attempts }).view())?.map(({ outcome }) => outcome);

test("without an attempt that was left open there is nothing to settle", () => {
  assert.equal(settleAttempts(aStack().view()), undefined);
  assert.equal(outcomes(aStack(), done), undefined);
});

const stuck = aStack().withPod(waiting("ImagePullBackOff"));
const madeAt = (createdAt: number): StackBuilder => stuck.withPod((pod) => ({ ...pod, createdAt }));
const cases: Record<string, readonly [StackBuilder, Attempt, string]> = {
  "a write took effect when the drift is gone": [stuck, reconcile, "applied"],
  "a write took no effect when the drift is still there": [stuck.liveImage("x:bad"), reconcile, "failed"],
  "a write is not claimed when nobody can say whether the drift is gone": [
    stuck.dryRun({ code: 422, message: "" }),
    reconcile,
    "failed",
  ],
  "a write to a StatefulSet that is gone is not claimed": [
    aStack().withoutSet("server"),
    reconcile,
    "failed",
  ],
  "a pod was deleted when it is gone": [aStack().withoutPod(), restart, "applied"],
  "a pod was deleted when it is going": [stuck.withPod(terminating(begunAt)), restart, "applied"],
  "a pod was deleted when the one of its name is younger": [madeAt(begunAt + SECOND), restart, "applied"],
  "a pod made in the very second counts as the new one: the API server knows no milliseconds": [
    madeAt(DEPLOYED + MINUTE),
    restart,
    "applied",
  ],
  "a node was uncordoned when pods are let onto it": [aStack(), uncordon, "applied"],
  "a node was not uncordoned when it is still cordoned": [
    aStack().withNode("node-1", { unschedulable: true }),
    uncordon,
    "failed",
  ],
  "a node that is gone was not uncordoned": [aStack().withoutNodes(), uncordon, "failed"],
  "a pod that is still the old one was not deleted": [stuck, restart, "failed"],
};
for (const [behaviour, [stack, attempt, outcome]] of Object.entries(cases)) {
  test(behaviour, () => assert.deepEqual(outcomes(stack, done, attempt), ["applied", outcome]));
}
