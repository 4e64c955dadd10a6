import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "./kube.ts";
import { readModel, withoutModel } from "./model.ts";

test("without a flag tier 2 is Claude when there are credentials, else the rehearsal", () => {
  assert.equal(readModel(undefined, {}), "rehearsal");
  assert.equal(readModel(undefined, { ANTHROPIC_API_KEY: "" }), "rehearsal");
  assert.equal(readModel(undefined, { ANTHROPIC_API_KEY: "k" }), "real");
  assert.equal(readModel(undefined, { CLAUDE_CODE_USE_BEDROCK: "1" }), "real");
  assert.equal(readModel(undefined, { CLAUDE_CODE_USE_VERTEX: "1" }), "real");
});

test("a flag wins over the environment", () => {
  assert.equal(readModel("none", { ANTHROPIC_API_KEY: "k" }), "none");
  assert.equal(readModel("rehearsal", { ANTHROPIC_API_KEY: "k" }), "rehearsal");
});

test("an unknown model, and Claude without credentials, are wrong use", () => {
  assert.throws(() => readModel("gpt", {}), UsageError);
  assert.throws(() => readModel("real", {}), UsageError);
});

test("without a model no credential and no address of one is left", () => {
  const left = { ANTHROPIC_API_KEY: "k", CLAUDE_CODE_USE_BEDROCK: "1", PATH: "/bin", ...withoutModel() };
  assert.deepEqual(
    Object.entries(left).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ["PATH"],
  );
});
