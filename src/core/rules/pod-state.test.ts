import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import {
  CAME_UP,
  DEPLOYED,
  MINUTE,
  SECOND,
  but,
  running,
  terminating,
  unscheduled,
  waiting,
} from "../../../test/support/stack-pieces.ts";
import { nodeRule, probeRule, rejectedRule, startingRule, terminatingRule } from "./pod-state.ts";

const goneAt = DEPLOYED + 5 * SECOND;

test("a terminating pod may take its grace period and a minute, then it is in the way", () => {
  const stack = aStack().withPod(terminating(goneAt));
  const early = terminatingRule(stack.after(10 * SECOND).podCase())!;
  assert.equal(early.reason, "PodTerminating");
  assert.equal(early.patienceUntil, goneAt + MINUTE);
  assert.equal(early.message, "server-0-0 is terminating on node-1 and does not go away");
  assert.equal(terminatingRule(stack.podCase())!.class, "beyond");
});

test("a terminating pod on a node that is not ready is told with its node", () => {
  const stack = aStack().withPod(terminating(goneAt)).withNode("node-1", { ready: false });
  assert.match(terminatingRule(stack.podCase())!.message, /on node-1, whose node is not ready and/);
});

test("a terminating pod that never had a node names none", () => {
  const stack = aStack().withPod(unscheduled("")).withPod(terminating(goneAt));
  assert.match(terminatingRule(stack.podCase())!.message, /^server-0-0 is terminating and does not/);
});

test("a pod that nobody deletes is not terminating", () => {
  assert.equal(terminatingRule(aStack().podCase()), undefined);
});

test("a node that is not ready is given a minute since the pod was last heard of", () => {
  const stack = aStack()
    .withPod(waiting("ContainerCreating", "", CAME_UP))
    .withNode("node-1", { ready: false });
  const early = nodeRule(stack.after(30 * SECOND).podCase())!;
  assert.equal(early.reason, "NodeLost");
  assert.equal(early.patienceUntil, CAME_UP + MINUTE);
  assert.match(early.message, /the node node-1 of server-0-0 is not ready/);
  assert.equal(nodeRule(stack.podCase())!.class, "beyond");
});

test("a node that no longer exists is said to be gone", () => {
  const stack = aStack()
    .withPod(but({ conditions: [] }))
    .withoutNodes();
  assert.match(nodeRule(stack.podCase())!.message, /no longer exists/);
});

test("a pod on a ready node, or on none, is no matter of nodes", () => {
  assert.equal(nodeRule(aStack().podCase()), undefined);
  assert.equal(nodeRule(aStack().withPod(unscheduled("")).podCase()), undefined);
});

test("a pod that the kubelet ended is replaced by its StatefulSet; only after a minute it is not", () => {
  const stack = aStack().withPod(
    but({ phase: "Failed", statusReason: "Evicted", statusMessage: "The node was low on resource: memory." }),
  );
  const early = rejectedRule(stack.after(SECOND).podCase())!;
  assert.equal(early.reason, "PodRejected");
  assert.equal(early.class, "wait");
  assert.match(early.message, /was ended with Evicted: The node was low on resource: memory\./);
  assert.equal(rejectedRule(stack.podCase())!.class, "beyond");
  const silent = aStack().withPod(but({ phase: "Failed", statusReason: "OutOfcpu" }));
  assert.match(rejectedRule(silent.podCase())!.message, /ended with OutOfcpu: $/);
});

test("a failed pod without a reason, or one that runs, was not ended by the kubelet", () => {
  assert.equal(
    rejectedRule(
      aStack()
        .withPod(but({ phase: "Failed" }))
        .podCase(),
    ),
    undefined,
  );
  assert.equal(
    rejectedRule(
      aStack()
        .withPod(but({ statusReason: "x" }))
        .podCase(),
    ),
    undefined,
  );
});

test("a scheduled pod may take ninety seconds to start its containers", () => {
  const stack = aStack().withPod(waiting("ContainerCreating"));
  const early = startingRule(stack.after(60 * SECOND).podCase())!;
  assert.equal(early.reason, "Starting");
  assert.equal(early.patienceUntil, DEPLOYED + 90 * SECOND);
  assert.equal(startingRule(stack.podCase())!.class, "beyond");
});

test("the time that a pod waited for its node is not time that it took to start", () => {
  const stack = aStack().withPod((pod) => ({
    ...waiting("ContainerCreating")(pod),
    conditions: [{ type: "PodScheduled", status: "True", since: DEPLOYED + 9 * MINUTE }],
  }));
  assert.equal(startingRule(stack.after(9 * MINUTE + 30 * SECOND).podCase())!.class, "wait");
});

test("a pod that pulls its image is given five minutes from there", () => {
  const stack = aStack()
    .withPod(waiting("ContainerCreating"))
    .podEvent("Pulling", 'Pulling image "farm.test/server:1"', DEPLOYED + 2 * SECOND);
  const early = startingRule(stack.after(4 * MINUTE).podCase())!;
  assert.equal(early.reason, "ImagePulling");
  assert.equal(early.patienceUntil, DEPLOYED + 2 * SECOND + 5 * MINUTE);
  assert.equal(startingRule(stack.podCase())!.class, "beyond");
});

test("a pull that ended, well or badly, is no longer one", () => {
  const pulling = aStack().withPod(waiting("ContainerCreating")).podEvent("Pulling", "");
  assert.equal(startingRule(pulling.podEvent("Pulled", "").podCase())!.reason, "Starting");
  assert.equal(startingRule(pulling.podEvent("Failed", "").podCase())!.reason, "Starting");
});

test("a pod that runs or has no node is not starting", () => {
  assert.equal(startingRule(aStack().podCase()), undefined);
  assert.equal(startingRule(aStack().withPod(unscheduled("")).podCase()), undefined);
});

test("a running init container does not make the pod a running one", () => {
  const stack = aStack().withPod((pod) => ({
    ...pod,
    containers: pod.containers.map((container) => ({ ...container, init: true })),
  }));
  assert.equal(startingRule(stack.podCase())!.reason, "Starting");
  assert.equal(probeRule(stack.podCase()), undefined);
});

test("a server that runs and is not ready is told with its probe and the state of its database", () => {
  const stack = aStack()
    .withPod(running(DEPLOYED + SECOND))
    .podEvent("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    .after(61 * SECOND);
  assert.deepEqual(probeRule(stack.podCase()), {
    reason: "ProbeFailed",
    class: "beyond",
    subject: "Pod/server-0-0",
    message:
      "server-0-0 runs for 60 s but is not Ready: Readiness probe failed: HTTP probe failed with statuscode: 503, while its database db-0 is Ready",
    since: DEPLOYED + SECOND,
    terminal: false,
  });
});

test("a database that runs and is not ready depends on nobody", () => {
  const stack = aStack().withPod(running(DEPLOYED), "db").withPod(running(DEPLOYED));
  const finding = probeRule(stack.podCase("db"))!;
  assert.equal(finding.class, "beyond");
  assert.match(finding.message, /is not Ready: no probe result was reported$/);
});

test("a server waits for its database, however long that takes", () => {
  const stack = aStack().withPod(running(DEPLOYED)).withPod(waiting("ContainerCreating"), "db");
  const finding = probeRule(stack.podCase())!;
  assert.equal(finding.reason, "DependencyNotReady");
  assert.equal(finding.class, "wait");
  assert.equal(finding.patienceUntil, undefined);
});

test("a server without a database in its stack waits for none", () => {
  const finding = probeRule(aStack().withoutSet("db").withPod(running(DEPLOYED)).podCase())!;
  assert.equal(finding.class, "beyond");
  assert.doesNotMatch(finding.message, /database/);
});

test("a pod of which nothing runs has no probe that could fail", () => {
  assert.equal(probeRule(aStack().withPod(waiting("ContainerCreating")).podCase()), undefined);
});
