import assert from "node:assert/strict";
import { test } from "node:test";
import { anIncident, detectedAt } from "../../test/support/served-api.ts";
import { turnsOf } from "./episode-turns.ts";
import { incidentView } from "./medic-marks.ts";

const nowhere = { turns: [], dashboard: undefined };
const at = (seconds: number): number => detectedAt + seconds * 1000;

test("tells a repair step by step, in order", () => {
  const incident = anIncident("inc", {
    status: { phase: "Resolved", times: { Detected: at(0), Verifying: at(1), Resolved: at(9) } },
  });
  const { marks, episode } = incidentView(incident, nowhere);
  assert.deepEqual(
    marks.map(({ kind, at: time }) => [kind, (time - detectedAt) / 1000]),
    [
      ["detected", 0],
      ["acted", 0],
      ["verifying", 1],
      ["resolved", 9],
    ],
  );
  assert.equal(marks.at(-1)?.words, "repaired: the stack is ready");
  assert.equal(episode, undefined);
});

test("does not call a stack repaired that came up by itself", () => {
  const status = { phase: "Resolved", attempts: [], times: { Detected: at(0), Resolved: at(9) } } as const;
  assert.equal(
    incidentView(anIncident("inc", { status }), nowhere).marks.at(-1)?.words,
    "ready again without a repair",
  );
});

test("says that people were told once the message is out, and not before", () => {
  const told = (sentAt?: number) =>
    incidentView(
      anIncident("inc", {
        status: {
          phase: "Escalated",
          attempts: [],
          escalation: { messageId: "m", events: [], ...(sentAt === undefined ? {} : { sentAt }) },
          times: { Detected: at(0), Escalated: at(9) },
        },
      }),
      nowhere,
    );
  assert.equal(told().marks.at(-1)?.words, "people are being told");
  assert.equal(told(at(10)).marks.at(-1)?.words, "people were told, once");
  assert.equal(told(at(10)).messageSent, true);
});

test("puts an episode and its turns on the time line, also while it runs", () => {
  const stamp = (seconds: number): string => new Date(at(seconds)).toISOString();
  const use = (name: string) => ({ content: [{ type: "tool_use", name }] });
  const transcript = [
    { type: "episode-opened" },
    {
      type: "assistant",
      timestamp: stamp(2),
      message: { id: "a", content: [{ type: "text", text: "I look." }] },
    },
    { type: "assistant", timestamp: stamp(2.1), message: { id: "a", ...use("mcp__k8s__get_nodes") } },
    { type: "user", timestamp: stamp(2.2), message: { content: [] } },
    { type: "assistant", timestamp: stamp(3), message: { id: "b", ...use("mcp__k8s__uncordon_node") } },
    { type: "assistant", timestamp: "never", message: { id: "c" } },
    "broken",
    null,
  ];
  const episode = {
    model: "m",
    turns: 0,
    tokens: 0,
    costUsd: 0,
    outcome: "running",
    tools: [],
    startedAt: at(1),
  };
  const incident = anIncident("inc", {
    status: { phase: "Investigating", tier: 2, attempts: [], episode, times: { Detected: at(0) } },
  });
  const view = incidentView(incident, { turns: turnsOf(transcript), dashboard: "http://127.0.0.1:8080" });
  assert.deepEqual(
    view.marks.map(({ kind, words }) => `${kind}: ${words}`),
    [
      "detected: found ImageDrift",
      "episode: episode with m",
      "turn: turn 1: get_nodes",
      "turn: turn 2: uncordon_node",
    ],
  );
  assert.equal(view.marks[1]?.to, undefined);
  assert.equal(view.episode?.turns, 2);
});

test("reads no turn out of anything that is no transcript", () => {
  for (const value of [
    undefined,
    null,
    "x",
    4,
    {},
    [[]],
    [{ type: "assistant", message: "x", timestamp: "2026" }],
  ])
    assert.deepEqual(turnsOf(value as never), []);
});
