import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import {
  DEPLOYED,
  MINUTE,
  SECOND,
  crashed,
  unscheduled,
  waiting,
} from "../../../test/support/stack-pieces.ts";
import { sandboxRule } from "./sandbox.ts";

const creating = aStack().withPod(waiting("ContainerCreating"));
const sandbox = "FailedCreatePodSandBox";

const causes: Record<string, readonly [string, string, string, number]> = {
  "a runtime that does not answer": [
    sandbox,
    "Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    "SandboxTimeout",
    4 * MINUTE + 10 * SECOND,
  ],
  "the echo of a runtime that does not answer": [
    sandbox,
    'failed to reserve sandbox name "server-0-0_ci-1_x_0": name is reserved for "y"',
    "SandboxTimeout",
    4 * MINUTE + 10 * SECOND,
  ],
  "a network plugin that fails": [
    sandbox,
    'plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file or directory',
    "SandboxNetwork",
    2 * MINUTE,
  ],
  "a network of Windows, by its code": [
    sandbox,
    "hcnCreateEndpoint failed in Win32: 端点 (0x803b000d)",
    "SandboxNetwork",
    2 * MINUTE,
  ],
  "a node whose network is not there": [
    "NetworkNotReady",
    "network is not ready: cni plugin not initialized",
    "SandboxNetwork",
    2 * MINUTE,
  ],
  "any other failure of the runtime": [sandbox, "no more loop devices", "SandboxFailed", 2 * MINUTE],
  "a disk that does not attach": [
    "FailedAttachVolume",
    'Multi-Attach error for volume "pv"',
    "VolumeAttachFailed",
    7 * MINUTE,
  ],
  "a volume that does not mount": ["FailedMount", "MountVolume failed", "VolumeMountFailed", 7 * MINUTE],
  "a secret that a volume refers to and that is missing": [
    "FailedMount",
    'MountVolume.SetUp failed for volume "v" : secret "s" not found',
    "ContainerConfigError",
    MINUTE,
  ],
};
for (const [what, [reason, message, code, patience]] of Object.entries(causes)) {
  test(`${what} may pass: ${code}, for a while`, () => {
    const stack = creating.podEvent(reason, message, DEPLOYED + 30 * SECOND);
    const early = sandboxRule(stack.after(40 * SECOND).podCase())!;
    assert.equal(early.reason, code);
    assert.equal(early.class, "wait");
    assert.equal(early.patienceUntil, DEPLOYED + patience);
    assert.match(early.message, /^server-0-0 gets no (sandbox|volume) on node-1: /);
    assert.equal(sandboxRule(stack.after(patience).podCase())!.class, "beyond");
  });
}

test("the later of a volume's and a sandbox's failure is where the pod is stuck", () => {
  const first = creating.podEvent("FailedMount", "x", DEPLOYED);
  assert.equal(
    sandboxRule(first.podEvent(sandbox, "y", DEPLOYED + SECOND).podCase())!.reason,
    "SandboxFailed",
  );
  const other = creating.podEvent(sandbox, "y", DEPLOYED);
  assert.equal(
    sandboxRule(other.podEvent("FailedMount", "x", DEPLOYED + SECOND).podCase())!.reason,
    "VolumeMountFailed",
  );
});

test("without an event nothing is known, and a pod that has run had its sandbox", () => {
  assert.equal(sandboxRule(creating.podCase()), undefined);
  assert.equal(sandboxRule(aStack().podEvent(sandbox, "old").podCase()), undefined);
  assert.equal(sandboxRule(aStack().withPod(crashed()).podEvent(sandbox, "old").podCase()), undefined);
  const ended = { reason: "", exitCode: 1, message: "", finishedAt: DEPLOYED };
  const stopped = creating.withPod((pod) => ({
    ...pod,
    containers: pod.containers.map((container) => ({ ...container, terminated: ended })),
  }));
  assert.equal(sandboxRule(stopped.podEvent(sandbox, "old").podCase()), undefined);
});

test("a pod without a node has neither", () => {
  assert.equal(sandboxRule(aStack().withPod(unscheduled("")).podEvent(sandbox, "x").podCase()), undefined);
});
