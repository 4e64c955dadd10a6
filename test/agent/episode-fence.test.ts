import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { calls, play, read, readTool, says, toolNamed, write, writeTool } from "./episode-harness.ts";

test("a call that the fence refuses does not run, and the model is told why", async (t) => {
  const asked: unknown[] = [];
  const { events, answers, outcome } = await play(t, {
    replies: [calls([write, { pod: "server-0" }])],
    canUse: (tool, input) => {
      asked.push([tool, input]);
      return { allowed: false, why: "Two repairs were made already." };
    },
  });
  assert.deepEqual(asked, [[write, { pod: "server-0" }]]);
  assert.deepEqual(events, ["latch"]);
  assert.deepEqual(answers, ["error: Two repairs were made already."]);
  assert.equal(outcome.end, "completed");
});

test("a fence that throws refuses", async (t) => {
  const { events, answers } = await play(t, {
    replies: [calls([write], [read])],
    canUse: () => {
      throw new Error("secret of the fence");
    },
  });
  assert.deepEqual(events, ["latch"]);
  assert.equal(answers.length, 2);
  for (const answer of answers) assert.match(answer, /^error: Whether this is allowed could not be decided/);
});

test("reads are asked about too", async (t) => {
  const asked: string[] = [];
  await play(t, {
    replies: [calls([read], [write])],
    canUse: (tool) => {
      asked.push(tool);
      return { allowed: true };
    },
  });
  assert.deepEqual(asked.sort(), [write, read].sort());
});

test("arguments that do not fit do not reach the tool", async (t) => {
  const strict = toolNamed("delete_pod", { input: { pod: z.string().max(5), replicas: z.int() } });
  const { events, answers } = await play(t, {
    tools: [strict],
    replies: [calls([write, { pod: "much-too-long", replicas: "three" }], [write, {}])],
  });
  assert.deepEqual(events, ["latch"]);
  assert.equal(answers.length, 2);
  for (const answer of answers) assert.match(answer, /^error: /);
});

for (const forged of ["Bash", "Read", "Agent", "mcp__k8s__exec", "mcp__other__get_pod", "get_pod", "k8s"]) {
  test(`a forged call of ${forged} runs nothing`, async (t) => {
    const { events, answers } = await play(t, {
      replies: [calls([forged, { command: "touch /tmp/forged", file_path: "/etc/hostname", pod: "x" }])],
    });
    assert.deepEqual(events, ["latch"]);
    assert.equal(answers.length, 1);
    assert.match(answers[0]!, /^error: .*No such tool available/);
  });
}

test("five writes in one answer all reach the tool, one after another", async (t) => {
  const slow = writeTool(async () => {
    await sleep(20);
    return { text: "deleted", isError: false };
  });
  const five = ["a", "b", "c", "d", "e"];
  const { events, outcome } = await play(t, {
    tools: [slow],
    replies: [calls(...five.map((pod): [string, object] => [write, { pod }]))],
  });
  assert.deepEqual(events, [
    ...five.flatMap((pod) => [`delete_pod {"pod":"${pod}"}`, "delete_pod ended"]),
    "latch",
  ]);
  assert.equal(outcome.turns, 2);
});

test("what a tool throws does not reach the model", async (t) => {
  const { answers, requests } = await play(t, {
    tools: [
      readTool(async () => {
        throw new Error("Bearer secret-of-a-tool");
      }),
    ],
    replies: [calls([read])],
  });
  assert.deepEqual(answers, ["error: get_pod failed."]);
  assert.doesNotMatch(JSON.stringify(requests.at(-1)!.body), /secret-of-a-tool/);
});

test("a tool's error is marked as one", async (t) => {
  const tool = readTool(async () => ({ text: "No such pod.", isError: true }));
  const { answers } = await play(t, { tools: [tool], replies: [calls([read]), says("Hm.")] });
  assert.deepEqual(answers, ["error: No such pod."]);
});

test("a write in an answer that breaks off after it runs at most once", async (t) => {
  const { events, outcome } = await play(t, {
    replies: [
      {
        kind: "half",
        content: [
          { type: "tool_use", name: write, input: { pod: "a" } },
          { type: "text", text: "and" },
        ],
      },
    ],
  });
  assert.ok(events.filter((event) => event.startsWith("delete_pod {")).length <= 1, events.join(", "));
  assert.equal(outcome.end, "completed");
});
