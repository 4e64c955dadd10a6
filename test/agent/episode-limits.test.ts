import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelReply } from "../../farm/rehearsal/messages-api.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import {
  calls,
  play,
  processesOf,
  read,
  readTool,
  says,
  write,
  writeTool,
  type Stage,
} from "./episode-harness.ts";

const timeoutMs = 300_000;
const dear = { input_tokens: 200_000, output_tokens: 1000 };

test("a model that never stops is stopped after its turns, and the tools of the last one still ran", async (t) => {
  const { outcome, requests, events } = await play(t, {
    limits: { maxTurns: 3 },
    replies: () => ({
      kind: "message",
      content: [{ type: "text", text: "Again." }, ...calls([read]).content],
    }),
  });
  assert.equal(outcome.end, "max-turns");
  assert.equal(outcome.detail, "The episode used all of its 3 turns.");
  assert.equal(requests.length, 3);
  assert.equal(outcome.turns, 3);
  assert.equal(events.filter((event) => event === "get_pod ended").length, 3);
  assert.equal(outcome.lastText, "Again.");
  assert.ok(outcome.costKnown && outcome.costUsd > 0 && outcome.tokens > 0);
});

test("an answer beyond the budget is the last one; it is counted, and its text is kept", async (t) => {
  const { outcome, requests } = await play(t, {
    replies: [{ ...says("The image does not exist."), usage: dear }],
  });
  assert.equal(requests.length, 1);
  const { costUsd, ...rest } = outcome;
  assert.ok(Math.abs(costUsd - 0.615) < 1e-9, `${costUsd}`);
  assert.deepEqual(rest, {
    end: "budget",
    detail: "The episode used up its $0.5.",
    turns: 1,
    tokens: 201_000,
    costKnown: true,
    lastText: "The image does not exist.",
  });
});

test("a write in the answer beyond the budget has ended or never began when the episode has ended", async (t) => {
  const { outcome, requests, events } = await play(t, {
    replies: [{ ...calls([write, { pod: "a" }]), usage: dear }],
  });
  assert.equal(outcome.end, "budget");
  assert.equal(requests.length, 1);
  const writes = events.filter((event) => event.startsWith("delete_pod"));
  assert.ok(writes.length === 0 || writes.length === 2, events.join(", "));
});

test("a model that does not answer is given up at the deadline", async (t) => {
  const clock = new SteppedClock();
  const { outcome, requests, events } = await play(t, {
    clock,
    limits: { timeoutMs },
    replies: () => {
      void clock.step(timeoutMs);
      return { kind: "hang" };
    },
  });
  assert.equal(outcome.end, "deadline");
  assert.equal(outcome.detail, "The episode was stopped after 300 s.");
  assert.equal(outcome.costKnown, false);
  assert.equal(requests.length, 1);
  assert.deepEqual(events, ["latch"]);
});

test("an episode ends at its deadline by the real clock", async (t) => {
  const { outcome } = await play(t, { limits: { timeoutMs: 3000 }, replies: () => ({ kind: "hang" }) });
  assert.equal(outcome.end, "deadline");
});

test("a deadline while the process still starts kills it before it asks anything", async (t) => {
  const { outcome, requests } = await play(t, { limits: { timeoutMs: 1 } });
  assert.equal(outcome.end, "deadline");
  assert.equal(requests.length, 0);
});

test("at the deadline the latch closes before the running tool is told, and nothing is asked any more", async (t) => {
  const clock = new SteppedClock();
  const order: string[] = [];
  const tool = writeTool(async (_args, { signal }) => {
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
      void clock.step(timeoutMs);
    });
    order.push("told");
    return { text: "Given up.", isError: true };
  });
  const { outcome, requests, events } = await play(t, {
    clock,
    limits: { timeoutMs },
    tools: [tool],
    replies: [calls([write], [write], [write])],
  });
  assert.equal(outcome.end, "deadline");
  assert.equal(requests.length, 1);
  assert.deepEqual(events, ["delete_pod {}", "latch", "delete_pod ended"]);
  assert.equal(outcome.turns, 1);
  assert.ok(outcome.costUsd > 0);
  assert.equal(outcome.costKnown, false);
});

test("a process that is stopped and hears nothing is killed a moment after the deadline", async (t) => {
  const clock = new SteppedClock();
  let waited: number[] = [];
  const { outcome, requests, events } = await play(t, {
    clock,
    limits: { timeoutMs },
    replies: answersThen([calls([read])], (stage) => {
      process.kill(stage.childPid(), "SIGSTOP");
      void (async () => {
        await clock.step(timeoutMs);
        await clock.step(1000);
        waited = processesOf(stage.workDir);
        await clock.step(500);
      })();
      return { kind: "hang" };
    }),
  });
  assert.equal(waited.length, 1, "it was killed before it could obey");
  assert.equal(outcome.end, "deadline");
  assert.equal(requests.length, 2);
  assert.deepEqual(events.at(-1), "latch");
  // No result came: the first answer is all that is known.
  assert.equal(outcome.turns, 1);
  assert.equal(outcome.costKnown, false);
  assert.ok(outcome.costUsd > 0 && outcome.tokens > 0);
});

test("an episode is called off when its caller aborts", async (t) => {
  const controller = new AbortController();
  const { outcome, requests, events } = await play(t, {
    signal: controller.signal,
    replies: answersThen([calls([read])], () => {
      controller.abort();
      return { kind: "hang" };
    }),
  });
  assert.equal(outcome.end, "aborted");
  assert.equal(outcome.detail, "The episode was called off.");
  assert.equal(requests.length, 2);
  assert.equal(events.at(-1), "latch");
  assert.equal(outcome.costKnown, false);
});

test("an episode whose caller had aborted before asks nothing", async (t) => {
  const { outcome, requests } = await play(t, { signal: AbortSignal.abort() });
  assert.equal(outcome.end, "aborted");
  assert.equal(requests.length, 0);
});

test("an abort in the middle of a tool waits for the tool, and the model hears no more of it", async (t) => {
  const controller = new AbortController();
  const tool = readTool(async () => {
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { text: "late", isError: false };
  });
  const { outcome, events, requests } = await play(t, {
    signal: controller.signal,
    tools: [tool],
    replies: [calls([read])],
  });
  assert.equal(outcome.end, "aborted");
  assert.deepEqual(events, ["get_pod {}", "latch", "get_pod ended"]);
  assert.equal(requests.length, 1);
});

function answersThen(
  replies: readonly ModelReply[],
  last: (stage: Stage) => ModelReply,
): (request: unknown, index: number, stage: Stage) => ModelReply {
  return (_request, index, stage) => replies[index] ?? last(stage);
}
