import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { revision, templateOf } from "../../test/support/stack-pieces.ts";
import { stackSecrets } from "./stack-secrets.ts";

const password = (value: string) =>
  templateOf("server", {
    env: [
      { name: "DB_PASSWORD", value },
      { name: "MODE", value: "ordinary" },
      { name: "API_KEY", valueFrom: {} },
    ],
  });
const stack = aStack().intent({}).liveTemplate(password("live-one"));

test("a stack's secrets are those of its templates: live, declared, as the server would have it, and earlier ones", () => {
  const all = stack
    .intent({ template: password("declared-one") })
    .dryRun(password("defaulted-one"))
    .revisions(revision(password("earlier-one"), 1), revision(password("live-one"), 2));
  assert.deepEqual(
    new Set(stackSecrets(all.snapshot())),
    new Set(["live-one", "declared-one", "defaulted-one", "earlier-one"]),
  );
});

test("a template that cannot be read, or that the server refuses, hides none of the others", () => {
  assert.deepEqual(stackSecrets(stack.intent({ template: "{" }).snapshot()), ["live-one"]);
  assert.deepEqual(stackSecrets(stack.dryRun({ code: 422, message: "no" }).snapshot()), ["live-one"]);
});
