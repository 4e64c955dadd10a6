import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import { DEPLOYED, MINUTE, SECOND, but, waiting } from "../../../test/support/stack-pieces.ts";
import type { Finding } from "../finding.ts";
import { missingPodFinding } from "./missing-pod.ts";

function findingOf(stack: StackBuilder): Finding | undefined {
  const view = stack.view();
  return missingPodFinding(
    view,
    view.sets.find(({ set }) => set.role === "server")!,
  );
}

const gone = aStack().withoutPod();
const two = aStack().intent({ replicas: "2" }).set({ replicas: 2 });

test("a StatefulSet with all its pods misses none", () => {
  assert.equal(findingOf(aStack()), undefined);
  assert.equal(findingOf(aStack().intent({ replicas: "0" }).liveReplicas(0)), undefined);
});

test("a pod that is not there is given a minute, then nobody knows why", () => {
  const early = findingOf(gone.after(30 * SECOND))!;
  assert.equal(early.reason, "PodMissing");
  assert.equal(early.patienceUntil, DEPLOYED + MINUTE);
  const late = findingOf(gone)!;
  assert.equal(late.class, "beyond");
  assert.equal(late.message, "server-0 asks for 1 pods and has 0; no event says why");
});

test("the minute counts from when the StatefulSet's status last changed, for that is when the pod went", () => {
  const stack = gone.set({ statusChangedAt: DEPLOYED + 9 * MINUTE }).after(9 * MINUTE + SECOND);
  assert.equal(findingOf(stack)!.patienceUntil, DEPLOYED + 10 * MINUTE);
});

const refusals: Record<string, readonly [string, number]> = {
  "a quota that is used up": ["is forbidden: exceeded quota: q, requested: 1", 5 * MINUTE],
  "a webhook that does not answer": ['failed calling webhook "w": context deadline exceeded', 3 * MINUTE],
  "a service account that is not there yet": ["error looking up service account ci-1/x", 30 * SECOND],
  "a rule that the pod breaks": ['violates PodSecurity "restricted:latest"', 20 * SECOND],
};
for (const [what, [message, patience]] of Object.entries(refusals)) {
  test(`${what} is told in the API server's words, after a while`, () => {
    const stack = gone.setEvent("FailedCreate", message, DEPLOYED + SECOND);
    const early = findingOf(stack.after(10 * SECOND))!;
    assert.equal(early.reason, "PodCreateForbidden");
    assert.equal(early.patienceUntil, DEPLOYED + patience);
    const late = findingOf(stack)!;
    assert.equal(late.class, "beyond");
    assert.ok(late.message.includes(message));
  });
}

test("a refusal that was overcome since is history", () => {
  const stack = gone
    .setEvent("FailedCreate", "error looking up service account")
    .setEvent("SuccessfulCreate", "create Pod server-0-0 in StatefulSet server-0 successful");
  assert.equal(findingOf(stack)!.reason, "PodMissing");
});

test("another StatefulSet's refusals are not this one's", () => {
  assert.equal(findingOf(gone.setEvent("FailedCreate", "x", DEPLOYED, "db"))!.reason, "PodMissing");
});

test("a StatefulSet that is scaled down asks for no pod: that is drift, not a missing pod", () => {
  assert.equal(findingOf(gone.set({ replicas: 0 })), undefined);
});

test("the second pod is not missed while the first is not ready: it comes after it", () => {
  assert.equal(findingOf(two.withPod(waiting("ContainerCreating"))), undefined);
});

test("the second pod is missed when the first is ready", () => {
  assert.equal(findingOf(two)!.reason, "PodMissing");
  assert.equal(findingOf(two.withPod(but({ ordinal: 1 })))!.reason, "PodMissing");
});

test("as many replicas as a number can say are counted without making them", () => {
  const stack = aStack()
    .intent({})
    .set({ replicas: 2 ** 31 - 1 });
  assert.equal(findingOf(stack)!.message, "server-0 asks for 2147483647 pods and has 1; no event says why");
});
