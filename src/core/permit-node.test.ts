import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { claim, templateOf, unscheduled } from "../../test/support/stack-pieces.ts";
import type { UncordonNode } from "./action.ts";
import { nodeTermsOf } from "./node-fit.ts";
import { permit } from "./permit.ts";
import type { Refusal } from "./permission.ts";

const flagged = { ...policy, allowNodePatch: true };
const uncordon: UncordonNode = {
  kind: "uncordon-node",
  namespace: "ci-1",
  node: "node-1",
  uid: "uid-node-1",
};
const SAID = "0/2 nodes are available: 2 node(s) were unschedulable.";
const cordoned = (stack: StackBuilder): StackBuilder =>
  stack
    .withPod(unscheduled(SAID))
    .withNode("node-1", { unschedulable: true })
    .withNode("node-2", { unschedulable: true });
const stuck = cordoned(aStack());
const selecting = (label: string): StackBuilder =>
  cordoned(aStack().liveTemplate(templateOf("server", {}, { nodeSelector: { for: label } })));
const volumeOn = (hostname: string) =>
  nodeTermsOf([{ matchExpressions: [{ key: "host", operator: "In", values: [hostname] }] }]);

/** Both pods wait; node-1 is cordoned and could take both, node-2 takes only the server, node-3 only the database. */
const oneEach = stuck
  .withPod(unscheduled(SAID), "db")
  .set({ template: templateOf("server", {}, { tolerations: [{ key: "server", operator: "Exists" }] }) })
  .set({ template: templateOf("db", {}, { tolerations: [{ key: "db", operator: "Exists" }] }) }, "db")
  .withNode("node-2", { taints: [{ key: "server", effect: "NoSchedule" }] })
  .withNode("node-3", { taints: [{ key: "db", effect: "NoSchedule" }] });

const allowed: Record<string, StackBuilder> = {
  "while the stack's pod waits for a cordoned node": stuck,
  "in the words of a scheduler that has other reasons too": stuck.withPod(
    unscheduled("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: 0/3"),
  ),
  "while the other node that is not cordoned is not ready": stuck.withNode("node-2", { ready: false }),
  "while the pod cannot run on the other node": stuck.withNode("node-2", {
    taints: [{ key: "gpu", effect: "NoSchedule" }],
  }),
  "that the pod's selector asks for": selecting("tests")
    .withNode("node-1", { unschedulable: true, labels: { for: "tests" } })
    .withNode("node-2", { labels: { for: "builds" } }),
  "when the database's volume is bound elsewhere, for that binds the database": stuck.claims([
    claim({ name: "data-db-0-0", nodeTerms: volumeOn("node-9") }),
  ]),
  "that the pod's volume is bound to, though another node is free": stuck
    .claims([claim({ nodeTerms: volumeOn("node-1") })])
    .withNode("node-1", { unschedulable: true, labels: { host: "node-1" } })
    .withNode("node-2", { labels: { host: "node-2" } }),
  "for the one pod of two that no other node can take": oneEach.withNode("node-3", { ready: false }),
};
for (const [when, stack] of Object.entries(allowed)) {
  test(`a node is uncordoned ${when}`, () => {
    assert.deepEqual(permit(uncordon, stack.view(), flagged), {
      allowed: true,
      why: "within scope, intent and limits",
    });
  });
}

const refused: Record<string, readonly [StackBuilder, Refusal, Partial<UncordonNode>?]> = {
  "that is not there": [stuck, "OutOfScope", { node: "node-9" }],
  "for another namespace": [stuck, "OutOfScope", { namespace: "ci-2" }],
  "that was replaced by one of its name": [stuck, "StaleTarget", { uid: "uid-old" }],
  "that is not cordoned any more": [stuck.withNode("node-1", {}), "StaleTarget"],
  "that is not ready": [stuck.withNode("node-1", { unschedulable: true, ready: false }), "NodeNotReady"],
  "that somebody keeps for maintenance": [
    stuck.withNode("node-1", { unschedulable: true, maintenance: "disk, Ann" }),
    "NodeInMaintenance",
  ],
  "that somebody keeps for maintenance without a word": [
    stuck.withNode("node-1", { unschedulable: true, maintenance: "" }),
    "NodeInMaintenance",
  ],
  "while no pod of the stack waits for one": [
    stuck.withPod(unscheduled("0/2 nodes are available: 2 Insufficient cpu.")),
    "PodNotCordonedOut",
  ],
  "for a pod of which the scheduler said nothing": [
    stuck.withPod((pod) => ({ ...pod, conditions: [] })),
    "PodNotCordonedOut",
  ],
  "for a pod whose scheduler gave no message": [
    stuck.withPod((pod) => ({ ...pod, conditions: [{ type: "PodScheduled", status: "False", since: 0 }] })),
    "PodNotCordonedOut",
  ],
  "for a pod that has a node by now": [
    stuck.withPod((pod) => ({
      ...pod,
      conditions: pod.conditions.map((condition) => ({ ...condition, status: "True" })),
    })),
    "PodNotCordonedOut",
  ],
  "that the pod could not run on": [
    stuck.withNode("node-1", { unschedulable: true, taints: [{ key: "gpu", effect: "NoSchedule" }] }),
    "NodeUnfit",
  ],
  "that the pod's volume is not bound to": [
    stuck.claims([claim({ nodeTerms: volumeOn("node-2") })]),
    "NodeUnfit",
  ],
  "while another node can take the pod": [stuck.withNode("node-2", {}), "NodeNotNeeded"],
  "while two other nodes can take the two pods that wait": [oneEach, "NodeNotNeeded"],
  "a second time in an incident: somebody cordons it again": [
    stuck.incident({
      attempts: [
        {
          action: "uncordon-node",
          target: "Node/node-1",
          by: "agent",
          at: 0,
          outcome: "applied",
          detail: "let pods onto node-1 again",
        },
      ],
    }),
    "RepeatsARepair",
  ],
};
for (const [when, [stack, code, changes]] of Object.entries(refused)) {
  test(`no node is uncordoned ${when}: ${code}`, () => {
    const permission = permit({ ...uncordon, ...changes }, stack.view(), flagged);
    assert.equal(permission.allowed ? "" : permission.code, code);
  });
}

for (const key of [
  "ToBeDeletedByClusterAutoscaler",
  "DeletionCandidateOfClusterAutoscaler",
  "karpenter.sh/disrupted",
  "karpenter.sh/disruption",
  "node.cloudprovider.kubernetes.io/shutdown",
  "node.kubernetes.io/out-of-service",
]) {
  test(`no node is uncordoned that leaves: ${key}`, () => {
    const leaving = { unschedulable: true, taints: [{ key, effect: "PreferNoSchedule" }] };
    const permission = permit(uncordon, stuck.withNode("node-1", leaving).view(), flagged);
    assert.equal(permission.allowed ? "" : permission.code, "NodeInMaintenance");
    assert.ok(permission.why.includes(key));
  });
}

test("without the flag no node is uncordoned, and nothing of it is looked at", () => {
  const permission = permit({ ...uncordon, node: "node-9" }, stuck.view(), policy);
  assert.equal(permission.allowed ? "" : permission.code, "NodePatchOff");
});

test("a refusal says who keeps a node, and which one is free", () => {
  const kept = stuck.withNode("node-1", { unschedulable: true, maintenance: "disk, Ann" });
  assert.match(permit(uncordon, kept.view(), flagged).why, /It says: disk, Ann$/);
  assert.match(
    permit(uncordon, oneEach.view(), flagged).why,
    /node-3 can take db-0\. node-2 can take server-0\.$/,
  );
});
