import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import { DEPLOYED, MINUTE, SECOND, but, unscheduled } from "../../../test/support/stack-pieces.ts";
import { schedulingRule } from "./scheduling.ts";

const cordoned =
  "0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling..";

test("cordoned nodes are named, and waiting does not uncordon them", () => {
  const stack = aStack()
    .withPod(unscheduled(cordoned))
    .withNode("node-1", { unschedulable: true })
    .withNode("node-2", { unschedulable: true })
    .withNode("node-3", {});
  const finding = schedulingRule(stack.podCase())!;
  assert.equal(finding.reason, "NodesCordoned");
  assert.equal(finding.class, "beyond");
  assert.equal(finding.since, DEPLOYED);
  assert.equal(
    finding.message,
    "server-0-0 has no node: 0/2 nodes are available: 2 node(s) were unschedulable. (cordoned: node-1, node-2; 3 nodes in all)",
  );
});

test("a node in maintenance is named with what its annotation says", () => {
  const stack = aStack()
    .withPod(unscheduled(cordoned))
    .withNode("node-1", { unschedulable: true, maintenance: "disk swap, ask Ann" });
  assert.match(
    schedulingRule(stack.podCase())!.message,
    /cordoned: node-1 in maintenance: disk swap, ask Ann;/,
  );
});

test("cordons that are gone again are not made up", () => {
  assert.match(
    schedulingRule(aStack().withPod(unscheduled(cordoned)).podCase())!.message,
    /cordoned: none seen; 2 nodes in all/,
  );
});

const passing: Record<string, readonly [string, string, number]> = {
  "no room": ["0/2 nodes are available: 2 Insufficient cpu.", "NoCapacity", 5 * MINUTE],
  "no nodes at all": ["no nodes available to schedule pods", "NoCapacity", 5 * MINUTE],
  "full of disks": ["0/2 nodes are available: 2 node(s) exceed max volume count.", "NoCapacity", 5 * MINUTE],
  "an unbound claim": [
    "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    "VolumeClaimUnbound",
    2 * MINUTE,
  ],
  "an untolerated taint": [
    "0/2 nodes are available: 2 node(s) had untolerated taint(s).",
    "NodeTainted",
    2 * MINUTE,
  ],
  "words that nobody has seen before": ["0/2 nodes are available: 2 of something.", "Unschedulable", MINUTE],
};
for (const [what, [message, reason, patience]] of Object.entries(passing)) {
  test(`${what} may pass: ${reason}, for a while`, () => {
    const stack = aStack().withPod(unscheduled(message));
    const early = schedulingRule(stack.after(SECOND).podCase())!;
    assert.equal(early.reason, reason);
    assert.equal(early.class, "wait");
    assert.equal(early.patienceUntil, DEPLOYED + patience);
    assert.equal(schedulingRule(stack.after(patience).podCase())!.class, "beyond");
  });
}

test("a selector that no node matches does not pass by waiting", () => {
  const stack = aStack().withPod(
    unscheduled("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
  );
  const finding = schedulingRule(stack.after(SECOND).podCase())!;
  assert.equal(finding.reason, "NodeSelectorMismatch");
  assert.equal(finding.class, "beyond");
});

test("what the scheduler says about preemption is not a cause", () => {
  const message = "0/2 nodes are available: 2 of something. preemption: 2 node(s) were unschedulable.";
  assert.equal(schedulingRule(aStack().withPod(unscheduled(message)).podCase())!.reason, "Unschedulable");
});

test("without a message the condition's reason is told, without that that there is none", () => {
  const silent = aStack().withPod(unscheduled(""));
  assert.match(schedulingRule(silent.podCase())!.message, /has no node: Unschedulable$/);
  const mute = silent.withPod(
    but({ conditions: [{ type: "PodScheduled", status: "False", since: DEPLOYED }] }),
  );
  assert.match(schedulingRule(mute.podCase())!.message, /has no node: no reason given$/);
});

test("a pod with a node, or that the scheduler has not looked at, is none of this rule's", () => {
  assert.equal(schedulingRule(aStack().podCase()), undefined);
  const unseen = aStack().withPod((pod) => ({ ...unscheduled("")(pod), conditions: [] }));
  assert.equal(schedulingRule(unseen.podCase()), undefined);
  const bound = aStack().withPod((pod) => ({ ...unscheduled("")(pod), nodeName: "node-1" }));
  assert.equal(schedulingRule(bound.podCase()), undefined);
  const binding = aStack().withPod((pod) => ({
    ...unscheduled("")(pod),
    conditions: [{ type: "PodScheduled", status: "True", since: DEPLOYED }],
  }));
  assert.equal(schedulingRule(binding.podCase()), undefined);
});
