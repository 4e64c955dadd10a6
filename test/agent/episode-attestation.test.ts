import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { calls, play, readTool, toolNamed, write, writeTool } from "./episode-harness.ts";

test("an episode that came up without one of its tools is killed before it asks anything", async (t) => {
  // The SDK leaves a tool out whose arguments cannot be described to the model.
  const lost = toolNamed("uncordon", { input: { when: z.bigint() } });
  const { outcome, requests, events } = await play(t, {
    tools: [readTool(), writeTool(), lost],
    replies: () => calls([write]),
  });
  assert.equal(outcome.end, "wrong-tools");
  assert.equal(outcome.detail, "The agent is not as asked: tools missing: mcp__k8s__uncordon.");
  assert.equal(requests.length, 0);
  assert.equal(outcome.turns, 0);
  assert.deepEqual(events, ["latch"]);
});
