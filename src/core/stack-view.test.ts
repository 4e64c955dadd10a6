import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import { DEPLOYED, but, terminating, waiting } from "../../test/support/stack-pieces.ts";
import { keyOf, stackOf } from "./stack.ts";
import { brokenPods } from "./stack-view.ts";

const readiness: Record<string, readonly [StackBuilder, boolean]> = {
  "all wanted pods are there and Ready": [aStack(), true],
  "a pod is not Ready": [aStack().withPod(waiting("ContainerCreating")), false],
  "a pod has no conditions yet": [aStack().withPod(but({ conditions: [] })), false],
  "a pod is terminating, Ready or not": [aStack().withPod(terminating(DEPLOYED)), false],
  "a pod is missing": [aStack().withoutPod("db"), false],
  "nothing is wanted by intent, and nothing is there": [
    aStack().intent({ replicas: "0" }).liveReplicas(0),
    true,
  ],
  "nothing is wanted by the spec, but one by intent": [aStack().liveReplicas(0), false],
  "a declared number cannot be read, so the spec's counts": [aStack().intent({ replicas: "three" }), true],
  "a StatefulSet is being deleted": [aStack().set({ terminating: true }), false],
  "it has no StatefulSets": [aStack().withoutSet("db").withoutSet("server"), false],
  "two are wanted and one is there": [aStack().intent({ replicas: "2" }), false],
  "one pod is not Ready, but it is not wanted any more": [
    aStack().intent({ replicas: "0" }).withPod(waiting("ContainerCreating")),
    true,
  ],
  "more are wanted than anybody can count": [
    aStack()
      .intent({})
      .set({ replicas: 2 ** 31 - 1 }),
    false,
  ],
};
for (const [when, [stack, ready]] of Object.entries(readiness)) {
  test(`a stack is ${ready ? "" : "not "}ready when ${when}`, () => assert.equal(stack.view().ready, ready));
}

test("the broken pods are those that should be Ready and are not", () => {
  const two = aStack().intent({ replicas: "1" }).withPod(waiting("ContainerCreating"));
  const server = two.view().sets.find(({ set }) => set.role === "server")!;
  assert.deepEqual(
    brokenPods(server).map(({ name }) => name),
    ["server-0-0"],
  );
  assert.deepEqual(brokenPods({ ...server, wanted: 0 }), []);
});

test("the pods of a StatefulSet are those that it owns by UID, in their order", () => {
  const stack = aStack().withSet("server", (_, pods) => [
    { ...pods[0]!, ordinal: 1, name: "server-0-1" },
    pods[0]!,
    { ...pods[0]!, statefulSetUid: "uid-of-an-earlier-server-0", name: "ghost" },
  ]);
  const server = stack.view().sets.find(({ set }) => set.role === "server")!;
  assert.deepEqual(
    server.pods.map(({ name }) => name),
    ["server-0-0", "server-0-1"],
  );
});

test("tests that have started on one StatefulSet have started on the stack", () => {
  assert.equal(aStack().view().testsStarted, false);
  assert.equal(aStack().set({ testsStarted: true }, "db").view().testsStarted, true);
});

test("a pause on the namespace or on any StatefulSet pauses the stack, whatever its value", () => {
  assert.equal(aStack().view().paused, undefined);
  assert.equal(aStack().namespace({ paused: "Ann" }).view().paused, "Ann");
  assert.equal(aStack().set({ paused: "" }, "db").view().paused, "");
  assert.equal(aStack().namespace({ paused: "" }).set({ paused: "Bob" }).view().paused, "");
});

test("a stack's key leads back to the stack", () => {
  const stack = { namespace: "ci-1", client: "0/a" };
  assert.deepEqual(stackOf(keyOf(stack)), stack);
});
