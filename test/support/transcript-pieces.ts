import type { JsonObject } from "../../src/core/json.ts";

/** The messages of a transcript as the SDK and the investigator write them, for tests. */
const PROMPT = `A stack is stuck before its tests.

namespace: ci-1
client: 0
statefulset: server-0
pod: server-0-0
run: r1
incident: ci-1-0-abc-1

<cluster-data>
## The medic's findings
NodesCordoned Pod/server-0-0: server-0-0 has no node

## What was tried before
Nothing.
</cluster-data>`;

export function opened(more: JsonObject = {}): JsonObject {
  return {
    type: "episode-opened",
    model: "claude-sonnet-4-6",
    limits: { model: "claude-sonnet-4-6", maxTurns: 12, maxBudgetUsd: 0.5, timeoutMs: 300_000 },
    systemPrompt: "You look at stacks.",
    prompt: PROMPT,
    ...more,
  };
}

export function says(id: string, text: string): JsonObject {
  return answer(id, { type: "text", text });
}

export function calls(id: string, call: string, name: string, input: JsonObject): JsonObject {
  return answer(id, { type: "tool_use", id: call, name, input });
}

export function answers(call: string, text: string, isError = false): JsonObject {
  const content = [{ type: "text", text }];
  return {
    type: "user",
    message: {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: call, content, is_error: isError }],
    },
  };
}

export function result(): JsonObject {
  return {
    type: "result",
    subtype: "success",
    duration_ms: 1500,
    modelUsage: {
      "claude-sonnet-4-6": {
        inputTokens: 9,
        outputTokens: 216,
        cacheReadInputTokens: 7543,
        cacheCreationInputTokens: 4068,
      },
    },
  };
}

export function closed(more: JsonObject): JsonObject {
  const outcome = {
    end: "completed",
    detail: "",
    turns: 3,
    tokens: 11_836,
    costUsd: 0.0213,
    costKnown: true,
  };
  return { type: "episode-closed", outcome: { ...outcome, lastText: "", ...more } };
}

/** The time follows from the digit in the id: m1 is at 03:04:05. */
function answer(id: string, block: JsonObject): JsonObject {
  const second = 4 + Number(/\d/.exec(id)?.[0] ?? 1);
  return {
    type: "assistant",
    timestamp: `2026-01-02T03:04:0${second}.000Z`,
    message: { id, role: "assistant", model: "claude-sonnet-4-6", content: [block] },
  };
}
