import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import {
  DEPLOYED,
  MINUTE,
  SECOND,
  but,
  defaulted,
  imageNotFound,
  templateOf,
  terminating,
  waiting,
} from "../../../test/support/stack-pieces.ts";
import type { Finding } from "../finding.ts";
import { revisionFindings } from "./revision.ts";

function findingsOf(stack: StackBuilder): readonly Finding[] {
  const { view, own } = stack.podCase();
  return revisionFindings(view, own);
}

/** Set right again; the pod is still the one that the bad template made. */
const leftBehind = aStack().withPod(imageNotFound("x:bad")).onOldRevision("x:bad");

test("a pod stuck on an older revision than its StatefulSet has to be replaced", () => {
  const [finding] = findingsOf(leftBehind);
  assert.equal(finding?.reason, "StaleRevision");
  assert.equal(finding.class, "drift");
  assert.equal(finding.subject, "Pod/server-0-0");
});

const untouched: Record<string, StackBuilder> = {
  "a pod is not replaced before its template is right: it would come back the same": leftBehind.set({
    template: defaulted(templateOf("server", { image: "x:worse" })),
    updateRevision: "server-0-worse",
  }),
  "a pod whose intent is not declared stays": leftBehind.intent({}),
  "a pod whose intent cannot be read stays": leftBehind.intent({ replicas: "three" }),
  "a pod whose template could not be compared stays": leftBehind.dryRun({ code: 422, message: "" }),
  "a ready pod is replaced by its StatefulSet": aStack().onOldRevision("x:old"),
  "a pod that is terminating already goes by itself": leftBehind.withPod(terminating(DEPLOYED)),
  "a pod without a revision says nothing about it": leftBehind.withPod(but({ revision: "" })),
  "a pod on the newest revision has it": aStack().withPod(waiting("ContainerCreating")),
};
for (const [behaviour, stack] of Object.entries(untouched)) {
  test(behaviour, () => assert.deepEqual(findingsOf(stack), []));
}

test("an update partition keeps the pod where it is: that is for people", () => {
  const [finding] = findingsOf(leftBehind.set({ partition: 1 }));
  assert.equal(finding?.reason, "PartitionHeld");
  assert.equal(finding.class, "beyond");
  assert.match(finding.message, /partition 1 keeps it there/);
});

test("what the StatefulSet controller has not taken in yet is waited for, for a minute", () => {
  const behind = leftBehind.set({ generation: 3, observedGeneration: 2 });
  const [early] = findingsOf(behind.after(SECOND));
  assert.equal(early?.class, "wait");
  assert.equal(early.patienceUntil, DEPLOYED + MINUTE);
  const [late] = findingsOf(behind);
  assert.equal(late?.class, "beyond");
  assert.equal(late.patienceUntil, undefined);
});

test("a pod whose image was changed in place is a pod's own drift: its StatefulSet never notices", () => {
  const changed = aStack().withPod((pod) => ({
    ...imageNotFound("x:bad")(pod),
    containers: imageNotFound("x:bad")(pod).containers.map((container) => ({ ...container, image: "x:bad" })),
  }));
  const [finding] = findingsOf(changed);
  assert.equal(finding?.reason, "PodDrift");
  assert.equal(finding.class, "drift");
  assert.match(finding.message, /server: x:bad → farm.test\/server:1$/);
});

test("a changed container that is ready is not why the pod is not", () => {
  const stack = aStack().withPod((pod) => ({
    ...pod,
    conditions: [],
    containers: pod.containers.map((container) => ({ ...container, image: "x:other" })),
  }));
  assert.deepEqual(findingsOf(stack), []);
});

test("a container that the template knows and the pod does not, or without an image, is no drift", () => {
  const template = { spec: { containers: [{ name: "ghost", image: "g:1" }, { name: "server" }] } };
  const stack = aStack().withPod(waiting("ContainerCreating")).intent({ replicas: "1" }).set({ template });
  assert.deepEqual(findingsOf(stack), []);
});
