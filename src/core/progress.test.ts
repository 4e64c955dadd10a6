import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  CAME_UP,
  DEPLOYED,
  MINUTE,
  SECOND,
  but,
  crashed,
  running,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import type { Attempt } from "./incident.ts";
import { lastProgressAt, lookAt } from "./progress.ts";

const dueAfter = (stack: StackBuilder): number => lookAt(stack.view(), policy.debounceMs) - DEPLOYED;
const creating = aStack().withPod(waiting("ContainerCreating"));

test("a stack that is coming up is looked at when its debounce has run out", () => {
  assert.equal(dueAfter(creating), CAME_UP - DEPLOYED + policy.debounceMs);
});

const later = DEPLOYED + MINUTE;
const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  action: "x",
  target: "x",
  by: "playbook",
  at: later,
  outcome: "applied",
  detail: "",
  ...changes,
});
const marks: Record<string, StackBuilder> = {
  "a change of its spec": creating.set({ specChangedAt: later }),
  "a change of its status": creating.set({ statusChangedAt: later }),
  "a StatefulSet made anew": creating.set({ createdAt: later }),
  "a new pod": creating.withPod(but({ createdAt: later })),
  "a node for its pod": creating.withPod(
    but({ conditions: [{ type: "PodScheduled", status: "True", since: later }] }),
  ),
  "a sandbox": creating.withPod(
    but({ conditions: [{ type: "PodReadyToStartContainers", status: "True", since: later }] }),
  ),
  "the end of its init containers": creating.withPod(
    but({ conditions: [{ type: "Initialized", status: "True", since: later }] }),
  ),
  "a change of its readiness": creating.withPod(
    but({ conditions: [{ type: "Ready", status: "False", since: later }] }),
  ),
  "the first start of its container": aStack().withPod(running(later)),
  "its database that became ready": creating.withPod(
    but({ conditions: [{ type: "Ready", status: "True", since: later }] }),
    "db",
  ),
  "something that the medic did": creating.incident({ attempts: [attempt()] }),
  "something that the playbook was refused": creating.incident({
    attempts: [attempt({ outcome: "refused" })],
  }),
  "something that the model did": creating.incident({ attempts: [attempt({ by: "agent" })] }),
  "something that the model tried in vain": creating.incident({
    attempts: [attempt({ by: "agent", outcome: "failed" })],
  }),
};
for (const [what, stack] of Object.entries(marks)) {
  test(`${what} is progress, and the debounce begins anew`, () => {
    assert.equal(dueAfter(stack), MINUTE + policy.debounceMs);
  });
}

const noMarks: Record<string, readonly [StackBuilder, number]> = {
  "a step that was not reached": [
    creating.withPod(but({ conditions: [{ type: "Initialized", status: "False", since: later }] })),
    CAME_UP,
  ],
  "a start after a crash": [aStack().withPod(running(later, { restarts: 1 })), CAME_UP],
  "what a model asked for and was refused": [
    creating.incident({ attempts: [attempt({ by: "agent", outcome: "refused" })] }),
    CAME_UP,
  ],
  "what a model would have done in observe mode": [
    creating.incident({ attempts: [attempt({ by: "agent", outcome: "observed" })] }),
    CAME_UP,
  ],
  "a database that is not ready": [
    creating.withPod(but({ conditions: [{ type: "Ready", status: "False", since: later }] }), "db"),
    DEPLOYED,
  ],
};
for (const [what, [stack, at]] of Object.entries(noMarks)) {
  test(`${what} is no progress of the server`, () => {
    const view = stack.view();
    assert.equal(
      lastProgressAt(
        view,
        view.sets.find(({ set }) => set.role === "server")!,
      ),
      at,
    );
  });
}

test("the server's progress is none of its database", () => {
  const view = aStack().withPod(waiting("ContainerCreating"), "db").withPod(running(later)).view();
  const db = view.sets.find(({ set }) => set.role === "db")!;
  assert.equal(lastProgressAt(view, db), DEPLOYED);
});

test("a container with a startup probe has the time that the probe gives it", () => {
  const starting = running(later, { started: false, startupBudgetMs: 2 * MINUTE });
  assert.equal(dueAfter(aStack().withPod(starting)), 3 * MINUTE + policy.debounceMs);
  const started = running(later, { started: true, startupBudgetMs: 2 * MINUTE });
  assert.equal(dueAfter(aStack().withPod(started)), MINUTE + policy.debounceMs);
});

for (const reason of [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "CrashLoopBackOff",
]) {
  test(`${reason} does not pass by itself and is looked at at once`, () => {
    const stack = creating.withPod(waiting(reason)).after(SECOND);
    assert.equal(dueAfter(stack), SECOND);
  });
}

test("a terminal state of a pod that is not wanted any more is no reason to look", () => {
  const stack = creating
    .withPod(crashed())
    .intent({ replicas: "0" })
    .withPod(waiting("ContainerCreating"), "db")
    .after(SECOND);
  assert.equal(dueAfter(stack), policy.debounceMs);
});

test("the first of two that runs out of time is when to look", () => {
  const stack = aStack()
    .withPod(unscheduled("", later))
    .withPod(but({ createdAt: later }));
  assert.equal(dueAfter(stack.withPod(waiting("ContainerCreating"), "db")), policy.debounceMs);
});

test("a stack that only waits for a deletion is looked at when something changes", () => {
  assert.equal(lookAt(aStack().set({ terminating: true }).view(), 1), Number.MAX_SAFE_INTEGER);
});
