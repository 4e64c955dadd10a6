import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  crashed,
  imageNotFound,
  images,
  revision,
  templateOf,
  unscheduled,
} from "../../test/support/stack-pieces.ts";
import type { Action } from "./action.ts";
import { permit } from "./permit.ts";
import { actionFor } from "./propose.ts";
import type { Wish } from "./propose.ts";

const broken = aStack().liveImage("x:bad").withPod(imageNotFound("x:bad"));
const bothBroken = broken.liveImage("x:bad", "db");
const left = aStack().withPod(imageNotFound("x:bad")).onOldRevision("x:bad");
const reconciled = {
  attempts: [
    {
      action: "reconcile-to-intent",
      target: "StatefulSet/server-0",
      by: "playbook",
      at: 0,
      outcome: "applied",
      detail: "",
    },
  ],
} as const;
const withEnv = (value: string) => templateOf("server", { env: [{ name: "MODE", value }] });
const released = aStack()
  .intent({ image: images.server })
  .liveTemplate(withEnv("bad"))
  .withPod(crashed())
  .revisions(revision(withEnv("good"), 1), revision(withEnv("better"), 2));
const cordoned = aStack()
  .withPod(unscheduled("0/2 nodes are available: 2 node(s) were unschedulable."))
  .withNode("node-1", { unschedulable: true })
  .withNode("node-2", { unschedulable: true });

const granted: Record<string, readonly [StackBuilder, Wish, Partial<Record<string, unknown>>]> = {
  "a reconcile of the StatefulSet that differs": [
    broken,
    { tool: "reconcile_to_intent" },
    { kind: "reconcile-to-intent", statefulSet: "server-0", uid: "uid-server-0" },
  ],
  "a reconcile of the one that is not ready, when both differ": [
    bothBroken,
    { tool: "reconcile_to_intent" },
    { statefulSet: "server-0" },
  ],
  "a reconcile of the one that was named": [
    bothBroken,
    { tool: "reconcile_to_intent", statefulSet: "db-0" },
    { statefulSet: "db-0" },
  ],
  "a rollback to the newest revision that agrees with the intent": [
    released,
    { tool: "rollback_release" },
    { kind: "rollback-release", statefulSet: "server-0", revision: "server-0-r2" },
  ],
  "a rollback of the one that was named": [
    released,
    { tool: "rollback_release", statefulSet: "server-0" },
    { revision: "server-0-r2" },
  ],
  "a restart of the pod as it is now": [
    left,
    { tool: "restart_pod", pod: "server-0-0" },
    { kind: "restart-pod", statefulSet: "server-0", uid: "uid-server-0-0-a", completesReconcile: false },
  ],
  "a restart of the database's pod": [
    aStack().withPod(crashed(), "db"),
    { tool: "restart_pod", pod: "db-0-0" },
    { statefulSet: "db-0", uid: "uid-db-0-0-a" },
  ],
  "the replacement that a reconcile owes": [
    left.incident(reconciled),
    { tool: "restart_pod", pod: "server-0-0" },
    { completesReconcile: true },
  ],
  "a plain restart of a pod that is on the newest revision, reconciled or not": [
    aStack().withPod(crashed()).incident(reconciled),
    { tool: "restart_pod", pod: "server-0-0" },
    { completesReconcile: false },
  ],
  "an uncordon of the node as it is now": [
    cordoned,
    { tool: "uncordon_node", node: "node-1" },
    { kind: "uncordon-node", node: "node-1", uid: "uid-node-1", namespace: "ci-1" },
  ],
};
for (const [what, [stack, wish, expected]] of Object.entries(granted)) {
  test(`a wish becomes ${what}, which the permit allows`, () => {
    const view = stack.view();
    const action = actionFor(view, wish) as Action & Record<string, unknown>;
    for (const [key, value] of Object.entries(expected)) assert.equal(action[key], value);
    assert.equal(permit(action, view, { ...policy, allowNodePatch: true }).allowed, true);
  });
}

const denied: Record<string, readonly [StackBuilder, Wish, string]> = {
  "nothing differs": [
    aStack(),
    { tool: "reconcile_to_intent" },
    "db-0 and server-0 is exactly what its intent declares; there is nothing to set back",
  ],
  "the named one does not differ": [
    broken,
    { tool: "reconcile_to_intent", statefulSet: "db-0" },
    "db-0 is exactly what its intent declares; there is nothing to set back",
  ],
  "the intent cannot be used": [
    broken.intent({ replicas: "three" }),
    { tool: "reconcile_to_intent", statefulSet: "server-0" },
    'the declared intent cannot be used: medic/expected-replicas is "three"; a whole number is needed',
  ],
  "there is no earlier revision": [
    aStack(),
    { tool: "rollback_release", statefulSet: "server-0" },
    "server-0 has no earlier revision that differs from the present one and agrees with the declared intent",
  ],
  "the pod is gone": [
    aStack().withoutPod(),
    { tool: "restart_pod", pod: "server-0-0" },
    "there is no pod server-0-0 in this stack now",
  ],
  "the pod is another stack's": [
    aStack(),
    { tool: "restart_pod", pod: "server-1-0" },
    "there is no pod server-1-0 in this stack now",
  ],
  "the node is not there": [aStack(), { tool: "uncordon_node", node: "node-9" }, "there is no node node-9"],
};
for (const [when, [stack, wish, why]] of Object.entries(denied)) {
  test(`a ${wish.tool} comes to nothing when ${when}, and says so`, () =>
    assert.deepEqual(actionFor(stack.view(), wish), { why }));
}
