import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import { DEPLOYED, SECOND, but } from "../../../test/support/stack-pieces.ts";
import { brief, lastStepAt, scheduledAt } from "./rule.ts";

test("a pod that the scheduler said nothing about counts from when it was made", () => {
  assert.equal(
    scheduledAt(
      aStack()
        .withPod(but({ conditions: [] }))
        .podCase().pod,
    ),
    DEPLOYED,
  );
});

test("the end of a container, the present or the one before, is a pod's newest step", () => {
  const { pod } = aStack().podCase();
  const ended = (after: number) => ({ reason: "", exitCode: 0, message: "", finishedAt: DEPLOYED + after });
  const [container] = pod.containers;
  assert.equal(lastStepAt(pod), DEPLOYED);
  const containers = [
    { ...container!, terminated: ended(2 * SECOND) },
    { ...container!, lastTerminated: ended(SECOND) },
  ];
  assert.equal(lastStepAt({ ...pod, containers }), DEPLOYED + 2 * SECOND);
});

test("a message is told on one line and cut to what people read", () => {
  assert.equal(brief("  a\n\tb  "), "a b");
  assert.equal(brief("x".repeat(301)), `${"x".repeat(297)}...`);
  assert.equal(brief("x".repeat(300)), "x".repeat(300));
  assert.equal(brief("abcdef", 5), "ab...");
});
