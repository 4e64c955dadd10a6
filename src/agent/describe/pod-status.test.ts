import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import {
  DEPLOYED,
  MINUTE,
  SECOND,
  claim,
  crashed,
  imageNotFound,
  running,
  terminating,
  unscheduled,
} from "../../../test/support/stack-pieces.ts";
import { podStatus } from "./pod-status.ts";

const stack = aStack().at(DEPLOYED + MINUTE);
const status = (on: StackBuilder, pod?: string): string => podStatus(on.view(), pod);

test("a healthy stack is told whole", () => {
  const text = status(stack).replaceAll(/-0-[0-9a-z]{6,8}\b/g, "-0-rev");
  assert.deepEqual(text.split("\n"), [
    "client 0 in namespace ci-1, read at 2026-01-05T12:01:00.000Z",
    ...["db", "server"].flatMap((role) => [
      `StatefulSet ${role}-0: role ${role}, 1 of 1 (declared 1) ready, revision ${role}-0-rev; is what its intent declares`,
      `  Pod ${role}-0-0: Running, node node-1, made 1m0s ago, revision ${role}-0-rev`,
      "    PodScheduled=True since 1m0s",
      "    Ready=True since 50s",
      `    container ${role}: running for 59s, ready, restarts 0, image farm.test/${role}:1`,
    ]),
  ]);
});

const told: Record<string, readonly [StackBuilder, RegExp]> = {
  "a drift, in what differs": [
    stack.liveImage("x:bad"),
    /DIFFERS from its intent: template spec\/containers\/0\/image: "x:bad" → "farm\.test\/server:1"$/m,
  ],
  "an intent that cannot be used": [
    stack.intent({ replicas: "three" }),
    /its declared intent cannot be used: medic\/expected-replicas is "three"/,
  ],
  "a StatefulSet without intent": [
    stack.intent({}),
    /server-0: role server, 1 of 1 ready, .*; declares no intent$/m,
  ],
  "a role that is not given, and no revision": [
    stack.set({ updateRevision: "" }).set({ role: "" }),
    /server-0: role unknown, .* revision none;/,
  ],
  "a controller that is behind": [
    stack.set({ generation: 2 }),
    /; its controller has not seen the newest spec yet;/,
  ],
  "a pod on an older revision": [
    stack.onOldRevision("x:old"),
    /revision \S+ \(OLDER than its StatefulSet asks for\)$/m,
  ],
  "a pod that is going": [stack.withPod(terminating(DEPLOYED)), /Pod server-0-0: Running, terminating, node/],
  "a pod that is gone": [stack.withoutPod(), /^ {2}there is no pod of server-0 now$/m],
  "why a pod was ended": [
    stack.withPod((pod) => ({ ...pod, phase: "Failed", statusReason: "Evicted", statusMessage: "disk" })),
    /, Evicted: disk$/m,
  ],
  "why the scheduler finds no node": [
    stack.withPod(unscheduled("2 node(s) were unschedulable")),
    /node none.*\n {4}PodScheduled=False since 1m0s Unschedulable: 2 node\(s\) were unschedulable$/m,
  ],
  "a container that has not started": [
    stack.withPod(unscheduled("")),
    /container server: not started, not ready/,
  ],
  "why a container waits": [
    stack.withPod(imageNotFound("x:bad")),
    /container server: waiting: ImagePullBackOff \(Back-off pulling image "x:bad"/,
  ],
  "a wait without a word": [
    stack.withPod((pod) => ({
      ...pod,
      containers: [{ ...pod.containers[0]!, waiting: { reason: "PodInitializing", message: "" } }],
    })),
    /container server: waiting: PodInitializing, ready/,
  ],
  "how it ended before": [
    stack.withPod(crashed({ message: "no such table" })),
    /restarts 4, .*; before that ended: Error with exit code 1 30s ago \(no such table\)$/m,
  ],
  "how it ended": [
    stack.withPod((pod) => {
      const { runningSince: _, ...rest } = pod.containers[0]!;
      const terminated = { reason: "Completed", exitCode: 0, message: "", finishedAt: DEPLOYED };
      return { ...pod, containers: [{ ...rest, init: true, terminated }] };
    }),
    /init container server: ended: Completed with exit code 0 1m0s ago,/,
  ],
  "how long it runs": [stack.withPod(running(DEPLOYED + 20 * SECOND)), /running for 40s, not ready/],
  "its claims and where they are attached": [
    stack.claims([
      claim({ volume: "pv-1", storageClass: "fast", attachments: ["node-1: attached"] }),
      claim({ name: "logs-server-0-0", phase: "Pending" }),
    ]),
    /claim data-server-0-0: Bound, volume pv-1, storage class fast; attached: node-1: attached\n {2}claim logs-server-0-0: Pending, volume none yet, storage class default$/m,
  ],
  "claims that cannot be read": [stack.claims("forbidden"), /volume claims could not be read: forbidden$/m],
};
for (const [what, [on, words]] of Object.entries(told)) {
  test(`the status tells ${what}`, () => assert.match(status(on), words));
}

test("of one pod only its StatefulSet is told, whether the pod is there or not", () => {
  assert.doesNotMatch(status(stack, "server-0-0"), /db-0/);
  const gone = status(stack.withoutPod(), "server-0-0");
  assert.match(gone, /there is no pod server-0-0 now/);
  assert.doesNotMatch(gone, /db-0/);
});

test("the database's claims are told with the database", () => {
  const text = status(stack.claims([claim({ name: "data-db-0-0" })]));
  assert.equal(text.split("claim data-db-0-0").length, 2);
});
