import assert from "node:assert/strict";
import { test } from "node:test";
import type { SDKMessage } from "@anthropic-ai/claude-agent-sdk";
import { createEpisodeAccount } from "./episode-account.ts";

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
const answer = (id: string, content: readonly object[], more: object = {}): SDKMessage =>
  ({
    type: "assistant",
    message: {
      id,
      model: "claude-sonnet-4-6",
      content,
      usage: {
        input_tokens: 1000,
        output_tokens: 1,
        cache_creation_input_tokens: 2000,
        cache_read_input_tokens: 10_000,
      },
    },
    ...more,
  }) as unknown as SDKMessage;
const text = (words: string): object => ({ type: "text", text: words });
const prompt = 1000 * 3e-6 + 2000 * 3.75e-6 + 10_000 * 0.3e-6;
const result = (fields: object): SDKMessage =>
  ({
    type: "result",
    subtype: "success",
    is_error: false,
    num_turns: 1,
    modelUsage: {},
    total_cost_usd: 0,
    ...fields,
  }) as SDKMessage;
const usage = { inputTokens: 1, outputTokens: 20, cacheReadInputTokens: 300, cacheCreationInputTokens: 4000 };

test("without a result an answer is one turn, however many blocks it came in, and its text is priced by its length", () => {
  const account = createEpisodeAccount();
  account.see(answer("m1", [text("x".repeat(270))]));
  account.see(answer("m1", [{ type: "tool_use", id: "t", name: "n", input: {} }]));
  const bytes =
    JSON.stringify([text("x".repeat(270))]).length +
    JSON.stringify([{ type: "tool_use", id: "t", name: "n", input: {} }]).length;
  const { turns, tokens, costUsd } = account.used();
  assert.equal(turns, 1);
  assert.equal(tokens, 13_000 + Math.ceil(bytes / 3));
  close(costUsd, prompt + Math.ceil(bytes / 3) * 15e-6);
});

test("without a result every answer's prompt is paid for", () => {
  const account = createEpisodeAccount();
  account.see(answer("m1", []));
  account.see(answer("m2", []));
  assert.equal(account.used().turns, 2);
  close(account.used().costUsd, 2 * (prompt + 15e-6));
});

test("a failure that is worded as an answer is none", () => {
  const account = createEpisodeAccount();
  account.see(answer("m1", [text("Looking.")]));
  account.see(answer("m2", [text("API Error: 529")], { error: "server_error" }));
  assert.equal(account.used().turns, 1);
  assert.equal(account.lastText, "Looking.");
});

test("the last words stay when only calls come after them", () => {
  const account = createEpisodeAccount();
  account.see(answer("m1", [text(" Deleting it. ")]));
  account.see(answer("m1", [{ type: "tool_use", id: "t", name: "n", input: {} }]));
  account.see(answer("m2", [text(" ")]));
  assert.equal(account.lastText, "Deleting it.");
});

test("tokens and dollars of a result are those of all its models", () => {
  const account = createEpisodeAccount();
  account.see(result({ modelUsage: { a: usage, b: usage }, total_cost_usd: 0.25 }));
  assert.deepEqual(account.used(), { turns: 0, tokens: 2 * 4321, costUsd: 0.25 });
});

test("turns are the answers, not what the result counts", () => {
  const account = createEpisodeAccount();
  account.see(answer("m1", []));
  account.see(answer("m2", []));
  account.see(result({ num_turns: 6 }));
  assert.equal(account.used().turns, 2);
});
