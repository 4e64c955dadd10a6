import assert from "node:assert/strict";
import { test } from "node:test";
import { Reasons } from "../core/finding.ts";
import { nextStep, reasonInWords, whyUntried } from "./next-step.ts";

test("every reason comes with what to do next and with what it means", () => {
  for (const reason of Object.keys(Reasons)) {
    assert.match(nextStep(reason), /^[A-Z].{20,240}\.$/, reason);
    assert.ok(reasonInWords(reason), reason);
    assert.match(whyUntried(reason), /^[a-z].*[^.]$/, reason);
  }
  assert.match(nextStep("constructor"), /^Look at the stack/);
  assert.equal(reasonInWords("constructor"), undefined);
});
