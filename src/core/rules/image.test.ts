import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import { DEPLOYED, MINUTE, SECOND, running, waiting } from "../../../test/support/stack-pieces.ts";
import { imageRule } from "./image.ts";

const prefix = 'failed to pull and unpack image "r/x:1": ';
const pulling = (cause: string): StackBuilder =>
  aStack()
    .after(5 * SECOND)
    .withPod(
      waiting("ImagePullBackOff", `Back-off pulling image "r/x:1": ErrImagePull: rpc error: ${cause}`),
    );

test("a pod whose container waits for nothing of the kind is none of this rule's", () => {
  assert.equal(imageRule(aStack().podCase()), undefined);
  assert.equal(imageRule(aStack().withPod(waiting("ContainerCreating")).podCase()), undefined);
});

const hopeless: Record<string, readonly [StackBuilder, string]> = {
  "a tag that the registry does not have": [
    pulling(`code = NotFound desc = ${prefix}failed to resolve reference "r/x:1": r/x:1: not found`),
    "ImageNotFound",
  ],
  "a manifest that the registry does not know": [pulling("manifest unknown"), "ImageNotFound"],
  "an image of another platform": [
    pulling(`${prefix}no match for platform in manifest: not found`),
    "ImagePlatformMismatch",
  ],
  "a name that cannot be parsed": [
    aStack().withPod(waiting("InvalidImageName", "couldn't parse image name")),
    "ImageNameInvalid",
  ],
  "an image that is not on the node and may not be pulled": [
    aStack().withPod(waiting("ErrImageNeverPull", "is not present with pull policy of Never")),
    "ImageNotFound",
  ],
};
for (const [what, [stack, reason]] of Object.entries(hopeless)) {
  test(`${what} does not appear by waiting: ${reason}`, () => {
    const finding = imageRule(stack.podCase())!;
    assert.equal(finding.reason, reason);
    assert.equal(finding.class, "beyond");
    assert.equal(finding.terminal, true);
    assert.equal(finding.subject, "Pod/server-0-0");
  });
}

const passing: Record<string, readonly [string, string, number]> = {
  "429 of a registry that limits pulls": [
    "unexpected status code: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
    "ImagePullThrottled",
    10 * MINUTE,
  ],
  "the kubelet's own limit of pulls": ["pull QPS exceeded", "ImagePullThrottled", 10 * MINUTE],
  "401 of a registry": [
    "failed with status code [manifests 1]: 401 Unauthorized",
    "ImagePullDenied",
    40 * SECOND,
  ],
  "denied access, though the text also says that it may not exist": [
    "pull access denied, repository does not exist or may require authorization",
    "ImagePullDenied",
    40 * SECOND,
  ],
  "a name that does not resolve": [
    "dial tcp: lookup registry: no such host",
    "ImagePullNetwork",
    90 * SECOND,
  ],
  "a registry that does not answer": [
    'failed to do request: Get "https://r/": dial tcp 10.0.0.1:443: i/o timeout',
    "ImagePullNetwork",
    90 * SECOND,
  ],
  "502 of a gateway": ["unexpected status: 502 Bad Gateway", "ImagePullNetwork", 90 * SECOND],
  "what nobody has seen before": ["something else entirely", "ImagePullFailed", 40 * SECOND],
};
for (const [what, [cause, reason, patience]] of Object.entries(passing)) {
  test(`${what} may pass: ${reason}, for a while`, () => {
    const stack = pulling(cause);
    const early = imageRule(stack.podCase())!;
    assert.equal(early.reason, reason);
    assert.equal(early.class, "wait");
    assert.equal(early.patienceUntil, DEPLOYED + patience);
    const late = imageRule(stack.after(patience).podCase())!;
    assert.equal(late.class, "beyond");
    assert.equal(late.patienceUntil, undefined);
  });
}

test("an older kubelet says the cause in its events only", () => {
  const bare = aStack().withPod(waiting("ImagePullBackOff", 'Back-off pulling image "r/x:1"'));
  assert.equal(imageRule(bare.podCase())!.reason, "ImagePullFailed");
  const told = bare
    .podEvent("Failed", 'Failed to pull image "r/x:1": i/o timeout', DEPLOYED)
    .podEvent("Failed", 'Failed to pull image "r/x:1": manifest unknown', DEPLOYED + SECOND)
    .podEvent("Failed", "Error: ErrImagePull", DEPLOYED + 2 * SECOND);
  const finding = imageRule(told.podCase())!;
  assert.equal(finding.reason, "ImageNotFound");
  assert.match(finding.message, /manifest unknown/);
});

test("without any text the waiting reason is told", () => {
  const finding = imageRule(aStack().withPod(waiting("RegistryUnavailable")).podCase())!;
  assert.match(
    finding.message,
    /^server-0-0 cannot get the image farm.test\/server:1 of container server: RegistryUnavailable$/,
  );
});

test("an event that repeats does not begin the patience anew, so a throttled pod never goes quiet", () => {
  const stack = aStack()
    .withPod(waiting("ImagePullBackOff", "429 Too Many Requests"))
    .podEvent("Failed", "Failed to pull image: 429 Too Many Requests", DEPLOYED + 14 * MINUTE)
    .after(15 * MINUTE);
  assert.equal(imageRule(stack.podCase())!.class, "beyond");
});

test("patience begins when the pod got its node, not while it waited for one", () => {
  const stack = aStack()
    .withPod((pod) => ({
      ...waiting("ErrImagePull", "no such host")(pod),
      conditions: [{ type: "PodScheduled", status: "True", since: DEPLOYED + 5 * MINUTE }],
    }))
    .after(5 * MINUTE + SECOND);
  assert.equal(imageRule(stack.podCase())!.patienceUntil, DEPLOYED + 5 * MINUTE + 90 * SECOND);
});

test("patience begins anew when the container ended and its image is pulled again", () => {
  const endedAt = DEPLOYED + 5 * MINUTE;
  const stack = aStack()
    .withPod((pod) => {
      const pulls = waiting("ErrImagePull", "no such host")(running(DEPLOYED)(pod));
      const lastTerminated = { reason: "Error", exitCode: 1, message: "", finishedAt: endedAt };
      return { ...pulls, containers: pulls.containers.map((one) => ({ ...one, lastTerminated })) };
    })
    .after(5 * MINUTE + SECOND);
  assert.equal(imageRule(stack.podCase())!.patienceUntil, endedAt + 90 * SECOND);
});
