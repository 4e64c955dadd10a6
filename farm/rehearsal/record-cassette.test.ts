import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCassette } from "./cassette.ts";
import { cassetteOf } from "./record-cassette.ts";
import { replay } from "./replay.ts";

const said = (id: string, block: object) => ({ type: "assistant", message: { id, content: [block] } });
const call = (id: string, name: string, input: object) => ({ type: "tool_use", id, name, input });
const answered = (id: string, content: string, is_error = false) => ({
  type: "user",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, is_error }] },
});

/** As the SDK tells it: block by block, with messages of its own in between. */
const TRANSCRIPT = [
  { type: "episode-opened", prompt: "namespace: build-x" },
  { type: "system", subtype: "init" },
  said("m1", { type: "thinking", thinking: "hm" }),
  said("m1", { type: "text", text: "I look at server-2-0." }),
  said("m1", call("a", "mcp__k8s__get_pod_status", { pod: "server-2-0" })),
  answered("a", "\nclient 2 in namespace build-x (42 s)\nmore"),
  said("m2", call("b", "mcp__k8s__restart_pod", { pod: "server-2-0", reason: "stuck" })),
  answered("b", "Not done. No.", true),
  said("m3", { type: "text", text: "It is refused." }),
  { type: "result", subtype: "success" },
]
  .map((line) => JSON.stringify(line))
  .join("\n");
const values = { namespace: "build-x", client: "2", run: "x", statefulset: "server-2", pod: "server-2-0" };
const text = cassetteOf(TRANSCRIPT, { name: "recorded", reason: "SandboxFailed", values });

test("a transcript becomes a cassette with the build's own names as placeholders", () => {
  const cassette = parseCassette(text, "recorded.yaml");
  assert.deepEqual(cassette.when, ["SandboxFailed"]);
  assert.deepEqual(
    cassette.turns.map(([take]) => [take?.say, take?.calls]),
    [
      ["I look at {{pod}}.", [{ tool: "get_pod_status", args: { pod: "{{pod}}" } }]],
      ["(nothing)", [{ tool: "restart_pod", args: { pod: "{{pod}}", reason: "stuck" } }]],
      ["It is refused.", []],
    ],
  );
  assert.deepEqual(cassette.turns[1]?.[0]?.needs[0]?.has, [
    String.raw`client \d+ in namespace {{namespace}} \(\d+ s\)`,
  ]);
  assert.match(text, /^# Recorded from an episode/);
});

test("what was recorded in one build plays in another", () => {
  const prompt = "namespace: build-y\nclient: 3\npod: server-3-0\nSandboxFailed Pod/server-3-0: no";
  const played = replay([parseCassette(text, "recorded.yaml")], {
    messages: [
      { role: "user", content: prompt },
      {
        role: "assistant",
        content: [call("a", "mcp__k8s__get_pod_status", { pod: "server-3-0" })],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "client 3 in namespace build-y (7 s)\nmore" },
        ],
      },
    ],
  });
  assert.deepEqual(played.kind === "turn" && played.content[1], {
    type: "tool_use",
    name: "mcp__k8s__restart_pod",
    input: { pod: "server-3-0", reason: "stuck" },
  });
});

test("a transcript without a turn of a model is no cassette", () => {
  assert.throws(
    () => cassetteOf('{"type":"result"}\n', { name: "n", reason: "R", values }),
    /no turn of a model/,
  );
});
