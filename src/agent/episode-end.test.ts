import assert from "node:assert/strict";
import { test } from "node:test";
import type { SDKResultMessage } from "@anthropic-ai/claude-agent-sdk";
import { endByResult } from "./episode-end.ts";

const limits = { model: "claude-sonnet-4-6", maxTurns: 12, maxBudgetUsd: 0.5, timeoutMs: 300_000 };
const fine = {
  subtype: "success",
  is_error: false,
  stop_reason: "end_turn",
  terminal_reason: "completed",
  result: "Done.",
  errors: [],
};

for (const [sentence, change, end, detail] of [
  ["an ordinary end", {}, "completed", ""],
  ["the last turn", { subtype: "error_max_turns" }, "max-turns", "The episode used all of its 12 turns."],
  ["the budget", { subtype: "error_max_budget_usd" }, "budget", "The episode used up its $0.5."],
  ["a refusal", { stop_reason: "refusal", is_error: true }, "refusal", "The model refused to go on."],
  [
    "success with an error",
    { is_error: true, api_error_status: 529, result: "Overloaded" },
    "api-error",
    "The model's API failed with 529: Overloaded",
  ],
  [
    "success that a hook stopped",
    { terminal_reason: "hook_stopped" },
    "api-error",
    "The model's API failed: Done.",
  ],
  [
    "success that does not say why",
    { terminal_reason: undefined },
    "api-error",
    "The model's API failed: Done.",
  ],
  [
    "anything else",
    { subtype: "error_during_execution", terminal_reason: "aborted_tools", errors: ["a", "b"] },
    "crashed",
    "The agent gave up (aborted_tools): a; b",
  ],
] as const) {
  test(`${sentence} is ${end}`, () => {
    const result = { ...fine, ...change } as unknown as SDKResultMessage;
    assert.deepEqual(endByResult(result, limits), { end, detail });
  });
}
