import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  CAME_UP,
  DEPLOYED,
  MINUTE,
  SECOND,
  crashed,
  imageNotFound,
  running,
  terminating,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import { viewOf } from "./stack-view.ts";

const findingsOf = (stack: StackBuilder): readonly Finding[] => diagnose(stack.view(), policy);
/** `reason class subject`, in order. */
const summary = (stack: StackBuilder): readonly string[] =>
  findingsOf(stack).map(({ reason, class: kind, subject }) => `${reason} ${kind} ${subject}`);

const badImage = aStack().liveImage("x:bad").withPod(imageNotFound("x:bad"));
const cases: Record<string, readonly [StackBuilder, readonly string[]]> = {
  "a ready stack has no findings, whatever it has drifted to": [aStack().liveImage("x:bad"), []],
  "drift comes before what it leads to": [
    badImage,
    ["ImageDrift drift StatefulSet/server-0", "ImageNotFound beyond Pod/server-0-0"],
  ],
  "the database comes before the server": [
    badImage.liveImage("x:bad", "db").withPod(imageNotFound("x:bad"), "db"),
    [
      "ImageDrift drift StatefulSet/db-0",
      "ImageDrift drift StatefulSet/server-0",
      "ImageNotFound beyond Pod/db-0-0",
      "ImageNotFound beyond Pod/server-0-0",
    ],
  ],
  "drift of a StatefulSet that looks well is found when the stack is not ready": [
    aStack().liveCommand(["x"], "db").withPod(running(DEPLOYED)),
    ["CommandDrift drift StatefulSet/db-0", "ProbeFailed beyond Pod/server-0-0"],
  ],
  "a server waits for its database": [
    aStack()
      .withPod(waiting("ContainerCreating"), "db")
      .withPod(running(DEPLOYED))
      .after(60 * SECOND),
    ["Starting wait Pod/db-0-0", "DependencyNotReady wait Pod/server-0-0"],
  ],
  "a pod left on an older revision is replaced once its template is right": [
    aStack().withPod(imageNotFound("x:bad")).onOldRevision("x:bad"),
    ["StaleRevision drift Pod/server-0-0", "ImageNotFound beyond Pod/server-0-0"],
  ],
  "an intent that cannot be read explains nothing by itself": [
    aStack().intent({ replicas: "three" }).withPod(imageNotFound("x:1")),
    ["ImageNotFound beyond Pod/server-0-0", "IntentInvalid intent StatefulSet/server-0"],
  ],
  "what nothing explains is said to be unexplained": [
    aStack().withPod((pod) => ({ ...unscheduled("")(pod), conditions: [] })),
    ["NotReady beyond StatefulSet/server-0"],
  ],
  "without a usable intent, what nothing explains is still told": [
    aStack()
      .intent({})
      .withPod((pod) => ({ ...unscheduled("")(pod), conditions: [] })),
    ["IntentMissing intent StatefulSet/server-0", "NotReady beyond StatefulSet/server-0"],
  ],
  "a stack without its database is incomplete": [
    aStack().withoutSet("db").withPod(running(DEPLOYED)),
    ["ProbeFailed beyond Pod/server-0-0", "StackIncomplete beyond StatefulSet/server-0"],
  ],
  "a stack whose server is being deleted is incomplete": [
    aStack().set({ terminating: true }),
    ["StackIncomplete beyond StatefulSet/db-0"],
  ],
  "a pod that is missing is told beside the pods that are there": [
    aStack().withoutPod().set({ specChangedAt: DEPLOYED }),
    ["PodMissing beyond StatefulSet/server-0"],
  ],
};
for (const [behaviour, [stack, expected]] of Object.entries(cases)) {
  test(behaviour, () => assert.deepEqual(summary(stack), expected));
}

test("the database comes first by its role, whatever it is called", () => {
  const snapshot = aStack().withPod(imageNotFound("x:1")).withPod(imageNotFound("x:1"), "db").snapshot();
  const statefulSets = snapshot.statefulSets.map((set) => ({
    ...set,
    name: set.role === "db" ? "postgres-0" : "api-0",
  }));
  const found = diagnose(viewOf({ ...snapshot, statefulSets }), policy);
  assert.deepEqual(
    found.map(({ subject }) => subject),
    ["Pod/db-0-0", "Pod/server-0-0"],
  );
});

test("what does not pass is not held back by the debounce, also while the kubelet has not said that it waits", () => {
  const terminated = { reason: "StartError", exitCode: 128, message: "", finishedAt: DEPLOYED };
  const stack = aStack()
    .withPod((pod) => ({
      ...waiting("ContainerCreating")(pod),
      containers: pod.containers.map(({ name, image }) => ({
        ...pod.containers[0]!,
        name,
        image,
        ready: false,
        runningSince: undefined as never,
        terminated,
      })),
    }))
    .after(SECOND);
  const [finding] = findingsOf(stack);
  assert.deepEqual([finding?.reason, finding?.class], ["ContainerCannotRun", "beyond"]);
});

test("an incomplete stack says what it misses and what goes", () => {
  const stack = aStack().withoutSet("db").set({ terminating: true });
  const [finding] = findingsOf(stack);
  assert.match(
    finding!.message,
    /it has no StatefulSet with the role server and db; server-0 is being deleted$/,
  );
});

test("a StatefulSet too many that goes is told though nothing is missing", () => {
  const snapshot = aStack().withPod(running(DEPLOYED)).snapshot();
  const old = { ...snapshot.statefulSets[0]!, name: "db-old", uid: "uid-db-old", terminating: true };
  const view = viewOf({ ...snapshot, statefulSets: [...snapshot.statefulSets, old] });
  const found = diagnose(view, policy).find(({ reason }) => reason === "StackIncomplete");
  assert.equal(found?.message, "the stack is incomplete: db-old is being deleted");
});

test("of a stack that is gone there is nothing to find", () => {
  assert.deepEqual(findingsOf(aStack().withoutSet("db").withoutSet("server")), []);
});

test("a stack that was only just made may get its other half yet", () => {
  const stack = aStack()
    .withoutSet("db")
    .withoutPod()
    .after(5 * SECOND);
  const finding = findingsOf(stack).find(({ reason }) => reason === "StackIncomplete");
  assert.equal(finding?.class, "wait");
  assert.equal(finding.patienceUntil, DEPLOYED + policy.debounceMs);
});

const ladder: Record<string, readonly [StackBuilder, string]> = {
  "terminating before its node": [
    aStack().withPod(terminating(DEPLOYED)).withNode("node-1", { ready: false }),
    "PodTerminating",
  ],
  "its node before its image": [
    aStack().withPod(imageNotFound("x:1")).withNode("node-1", { ready: false }),
    "NodeLost",
  ],
  "its image before its sandbox": [
    aStack().withPod(imageNotFound("x:1")).podEvent("FailedCreatePodSandBox", "x"),
    "ImageNotFound",
  ],
  "its sandbox before its start": [
    aStack().withPod(waiting("ContainerCreating")).podEvent("FailedCreatePodSandBox", "x"),
    "SandboxFailed",
  ],
  "a command that cannot start before the crash that it is": [
    aStack().withPod(crashed({ reason: "StartError", exitCode: 128 })),
    "ContainerCannotRun",
  ],
  "a crash before its probe": [aStack().withPod((pod) => running(DEPLOYED)(crashed()(pod))), "CrashLoop"],
};
for (const [order, [stack, reason]] of Object.entries(ladder)) {
  test(`a pod is told where it is stuck: ${order}`, () => {
    assert.deepEqual(
      findingsOf(stack).map((finding) => finding.reason),
      [reason],
    );
  });
}

test("only the events of the pod itself speak about it", () => {
  const stack = aStack()
    .withPod(waiting("ContainerCreating"))
    .event({ uid: "uid-of-an-earlier-pod", name: "server-0-0", reason: "FailedCreatePodSandBox" });
  assert.deepEqual(
    findingsOf(stack).map(({ reason }) => reason),
    ["Starting"],
  );
});

const comingUp = aStack().liveCommand(["sleep"]).withPod(running(DEPLOYED));

test("drift of a stack that is coming up is left alone until the debounce has run out", () => {
  const due = CAME_UP + policy.debounceMs;
  const [early] = findingsOf(comingUp.at(due - 1));
  assert.equal(early?.class, "wait");
  assert.equal(early.patienceUntil, due);
  assert.equal(findingsOf(comingUp.at(due))[0]?.class, "drift");
});

test("drift behind a terminal state is not left alone", () => {
  assert.equal(findingsOf(badImage.after(SECOND))[0]?.class, "drift");
});

test("a terminal state of the server is no haste for its database", () => {
  const stack = badImage.liveCommand(["sleep"], "db").withPod(running(DEPLOYED), "db").after(SECOND);
  assert.deepEqual(
    findingsOf(stack).map(({ reason, class: kind }) => `${reason} ${kind}`),
    ["CommandDrift wait", "ImageDrift drift", "ProbeFailed wait", "ImageNotFound beyond"],
  );
});

const repaired = {
  action: "reconcile-to-intent",
  target: "StatefulSet/server-0",
  by: "playbook",
  at: DEPLOYED + 10 * MINUTE,
  outcome: "applied",
  detail: "",
} as const;

test("the pod that a repair left behind is replaced at once, not after another debounce", () => {
  const stack = aStack()
    .withPod(running(DEPLOYED))
    .onOldRevision("x:bad")
    .incident({ attempts: [repaired] });
  assert.equal(findingsOf(stack)[0]?.class, "drift");
  const other = stack.incident({ attempts: [{ ...repaired, target: "StatefulSet/db-0" }] });
  assert.equal(findingsOf(other)[0]?.class, "wait");
  const failed = stack.incident({ attempts: [{ ...repaired, outcome: "failed" }] });
  assert.equal(findingsOf(failed)[0]?.class, "wait");
});

test("what the old pod shows is no verdict on a spec that its controller has not taken in", () => {
  const changedAt = DEPLOYED + 9 * MINUTE;
  const stack = aStack()
    .set({ generation: 3, observedGeneration: 2, specChangedAt: changedAt })
    .withPod(imageNotFound("x:bad"))
    .onOldRevision("x:bad");
  assert.deepEqual(summary(stack.at(changedAt + SECOND)), [
    "Starting wait StatefulSet/server-0",
    "ImageNotFound wait Pod/server-0-0",
  ]);
  assert.deepEqual(summary(stack.at(changedAt + MINUTE)), [
    "Starting beyond StatefulSet/server-0",
    "ImageNotFound beyond Pod/server-0-0",
  ]);
});
