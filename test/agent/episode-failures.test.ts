import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ModelReply } from "../../farm/rehearsal/messages-api.ts";
import { createEpisodeRunner } from "../../src/agent/run-episode.ts";
import { calls, play, read, says, temporaryFolder, write } from "./episode-harness.ts";

const failing: readonly [sentence: string, reply: ModelReply, mostRequests: number, detail: RegExp][] = [
  ["overload", error(529, "overloaded_error"), 3, /failed with 529/],
  ["an inner error", error(500, "api_error"), 3, /failed with 500/],
  ["too many requests", error(429, "rate_limit_error"), 3, /failed with 429/],
  ["a key that is not accepted", error(401, "authentication_error"), 3, /failed with 401/],
  ["a request that is not accepted", error(400, "invalid_request_error"), 3, /failed with 400/],
  ["a model that does not exist", error(404, "not_found_error"), 3, /failed with 404/],
  ["a permission that is missing", error(403, "permission_error"), 3, /failed with 403/],
  ["a web page with 200", raw("text/html", "<html><body>Sign in</body></html>"), 6, /API failed/],
  ["a stream of nonsense", raw("text/event-stream", "event: x\ndata: {not json\n\n"), 6, /API failed/],
  ["JSON that is no message", raw("application/json", '{"ok":true}'), 6, /API failed/],
  ["an empty body", raw("text/event-stream", ""), 6, /API failed/],
  [
    "answers that break off",
    { kind: "half", content: [{ type: "text", text: "I was about to" }] },
    6,
    /API failed/,
  ],
];
for (const [sentence, reply, mostRequests, detail] of failing) {
  test(`${sentence} is an API error after a bounded number of requests, not success`, async (t) => {
    const { outcome, requests, events } = await play(t, { replies: () => reply });
    assert.equal(outcome.end, "api-error", JSON.stringify(outcome));
    assert.match(outcome.detail, detail);
    assert.ok(requests.length >= 1 && requests.length <= mostRequests, `${requests.length} requests`);
    assert.deepEqual(events, ["latch"]);
  });
}

test("secrets in what the API says are masked", async (t) => {
  const message = "no such header: sk-ant-api03-abcDEF123456";
  const { outcome } = await play(t, {
    replies: () => ({ kind: "error", status: 400, type: "invalid_request_error", message }),
  });
  assert.match(outcome.detail, /\[masked\]/);
  assert.doesNotMatch(outcome.detail, /abcDEF123456/);
});

test("a failure that passes is survived", async (t) => {
  const { outcome, requests } = await play(t, { replies: [error(529, "overloaded_error"), says("Fine.")] });
  assert.equal(outcome.end, "completed");
  assert.equal(outcome.turns, 1);
  assert.equal(requests.length, 2);
});

test("an API that fails after a tool ran still tells what was used until then", async (t) => {
  const { outcome } = await play(t, {
    replies: (_request, index) => (index === 0 ? calls([read]) : error(403, "permission_error")),
  });
  assert.equal(outcome.end, "api-error");
  assert.equal(outcome.turns, 1);
  assert.ok(outcome.costUsd > 0 && outcome.tokens > 0);
});

test("a refusal is no success", async (t) => {
  const { outcome } = await play(t, { replies: () => ({ ...says("I cannot."), stopReason: "refusal" }) });
  assert.equal(outcome.end, "refusal");
  assert.equal(outcome.detail, "The model refused to go on.");
});

test("a process that is killed from outside is a crash, with what was known until then", async (t) => {
  const { outcome, events } = await play(t, {
    replies: (_request, index, stage) => {
      if (index === 0)
        return { kind: "message", content: [...says("Looking.").content, ...calls([read]).content] };
      process.kill(stage.childPid(), "SIGKILL");
      return { kind: "hang" };
    },
  });
  assert.equal(outcome.end, "crashed");
  assert.match(outcome.detail, /^The agent ended without a result: .*SIGKILL/);
  assert.equal(outcome.turns, 1);
  assert.equal(outcome.costKnown, false);
  assert.equal(outcome.lastText, "Looking.");
  assert.equal(events.at(-1), "latch");
});

test("an episode that cannot be recorded is stopped", async (t) => {
  const { outcome, events, requests } = await play(t, {
    replies: () => calls([write]),
    onMessage: ({ type }) => {
      if (type === "assistant") throw new Error("disk full");
    },
  });
  assert.equal(outcome.end, "crashed");
  assert.equal(outcome.detail, "The episode could not be recorded: disk full");
  assert.equal(requests.length, 1);
  assert.equal(events[0], "latch");
});

test("an episode that cannot begin is a crash and not a rejection", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  let latched = 0;
  const runner = createEpisodeRunner({ provider: "anthropic", environment: {}, workDir: join(file, "work") });
  const outcome = await runner.run(
    {
      incident: "incident-1",
      systemPrompt: "",
      prompt: "",
      tools: [],
      limits: { model: "claude-sonnet-4-6", maxTurns: 1, maxBudgetUsd: 0.5, timeoutMs: 1000 },
      onMessage: () => {},
      onLatch: () => latched++,
      canUse: () => ({ allowed: true }),
    },
    { signal: new AbortController().signal },
  );
  assert.equal(outcome.end, "crashed");
  assert.match(outcome.detail, /^The agent could not be started: /);
  assert.equal(latched, 1);
});

test("a process that cannot run says why in its own words", async (t) => {
  const { outcome, requests } = await play(t, { limits: { maxBudgetUsd: -1 } });
  assert.equal(outcome.end, "crashed");
  assert.match(outcome.detail, /budget/i);
  assert.equal(requests.length, 0);
});

test("a model that says nothing has completed without a word", async (t) => {
  const { outcome, requests } = await play(t, { replies: () => ({ kind: "message", content: [] }) });
  assert.equal(outcome.end, "completed");
  assert.equal(outcome.lastText, "");
  assert.ok(requests.length <= 2, `${requests.length} requests`);
});

function error(status: number, type: string): ModelReply {
  return { kind: "error", status, type, message: "rehearsed" };
}

function raw(contentType: string, body: string): ModelReply {
  return { kind: "raw", status: 200, contentType, body };
}
