import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import {
  DEPLOYED,
  crashed,
  imageNotFound,
  running,
  terminating,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import type { PodChange } from "../../test/support/stack-pieces.ts";
import { waitingFor } from "./waiting-for.ts";

const SCHEDULER =
  "0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";

const CASES: readonly [what: string, change: PodChange, words: string][] = [
  ["an image that is not there", imageNotFound("server:none"), "server-0-0 ImagePullBackOff"],
  ["a container that is being made", waiting("ContainerCreating"), "server-0-0 ContainerCreating"],
  ["a server that crashes", crashed(), "server-0-0 CrashLoopBackOff"],
  ["a server that is not ready yet", running(DEPLOYED), "server-0-0 Running 0/1"],
  [
    "a pod that no node takes, with the scheduler's own sentence",
    unscheduled(SCHEDULER),
    "server-0-0 Pending (0/2 nodes are available: 2 node(s) were unschedulable)",
  ],
  ["a pod that goes away", terminating(DEPLOYED), "server-0-0 Terminating"],
  [
    "a pod that was evicted",
    (pod) => ({ ...running(DEPLOYED)(pod), statusReason: "Evicted" }),
    "server-0-0 Evicted",
  ],
];
for (const [what, change, words] of CASES) {
  test(`names ${what} as kubectl does`, () => {
    assert.equal(waitingFor(aStack().withPod(change).snapshot().pods), words);
  });
}

test("waits for nothing when every pod is ready, and for its first pods when there are none", () => {
  assert.equal(waitingFor(aStack().snapshot().pods), "");
  assert.equal(waitingFor([]), "no pods yet");
});

test("names the database before the server", () => {
  const stack = aStack().withPod(waiting("ContainerCreating"), "db").withPod(running(DEPLOYED));
  assert.equal(waitingFor(stack.snapshot().pods), "db-0-0 ContainerCreating, server-0-0 Running 0/1");
});

test("tells how far the containers before the first one are", () => {
  const init = {
    init: true,
    ready: false,
    started: false,
    restarts: 0,
    startupBudgetMs: 0,
    name: "i",
    image: "i",
  };
  const change =
    (more: object): PodChange =>
    (pod) => ({
      ...running(DEPLOYED)(pod),
      containers: [{ ...init, ...more }, ...pod.containers],
    });
  const words = (more: object) => waitingFor(aStack().withPod(change(more)).snapshot().pods);
  assert.equal(words({}), "server-0-0 Init:0/1");
  assert.equal(
    words({ waiting: { reason: "ImagePullBackOff", message: "" } }),
    "server-0-0 Init:ImagePullBackOff",
  );
  const done = { terminated: { reason: "Completed", exitCode: 0, message: "", finishedAt: DEPLOYED } };
  assert.equal(words(done), "server-0-0 Running 0/1");
});
