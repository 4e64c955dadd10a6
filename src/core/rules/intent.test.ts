import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import { images } from "../../../test/support/stack-pieces.ts";
import type { Finding } from "../finding.ts";
import { intentFindings } from "./intent.ts";

function findingsOf(stack: StackBuilder): readonly Finding[] {
  const { view, own } = stack.podCase();
  return intentFindings(view, own);
}

test("an intent that is readable and accepted is no finding", () => {
  assert.deepEqual(findingsOf(aStack()), []);
  assert.deepEqual(findingsOf(aStack().liveImage("x:bad")), []);
});

test("a StatefulSet without annotations is told: nothing on it can be repaired", () => {
  assert.deepEqual(
    findingsOf(aStack().intent({})).map(({ reason, class: kind, subject }) => [reason, kind, subject]),
    [["IntentMissing", "intent", "StatefulSet/server-0"]],
  );
});

test("every problem of the annotations is a finding of its own", () => {
  const reasons = findingsOf(aStack().intent({ replicas: "three", image: "" })).map(({ reason }) => reason);
  assert.deepEqual(reasons, ["IntentInvalid", "IntentInvalid"]);
});

const refused: Record<string, readonly [number, string]> = {
  "a template that breaks a rule of the API server is rejected": [422, "IntentRejected"],
  "a template that the API server cannot even read is rejected": [400, "IntentRejected"],
  "a dry run that is not allowed says nothing": [403, "IntentUnverified"],
};
for (const [behaviour, [code, reason]] of Object.entries(refused)) {
  test(behaviour, () => {
    const [finding] = findingsOf(aStack().dryRun({ code, message: "spec.x: Invalid" }));
    assert.equal(finding?.reason, reason);
    assert.match(finding.message, /spec\.x: Invalid$/);
  });
}

test("a StatefulSet that changed or went during the dry run is looked at again, not blamed", () => {
  for (const code of [404, 409]) {
    assert.deepEqual(findingsOf(aStack().intent({ image: images.server }).dryRun({ code, message: "" })), []);
  }
});
