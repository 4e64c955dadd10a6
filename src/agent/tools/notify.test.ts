import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import { crashed, templateOf } from "../../../test/support/stack-pieces.ts";
import { stagesOf, toolBench } from "../../../test/support/tool-bench.ts";

const stack = aStack().withPod(crashed());

test("a conclusion is noted for people, not sent", async () => {
  const bench = toolBench(stack);
  const answer = await bench.call("rocketchat", {
    root_cause: "The schema is missing.",
    evidence: "no such table",
    next_step: "Migrate.",
  });
  assert.deepEqual(answer, {
    text: "Your conclusion is noted. It is sent once, when this episode has ended and the stack is not ready. Stop here.",
    isError: false,
  });
  assert.deepEqual(bench.incident().status.episode?.conclusion, {
    rootCause: "The schema is missing.",
    evidence: "no such table",
    nextStep: "Migrate.",
  });
  assert.deepEqual(stagesOf(bench.audit, "rocketchat"), ["outcome"]);
});

test("a second one replaces the first", async () => {
  const bench = toolBench(stack);
  await bench.call("rocketchat", { root_cause: "first", evidence: "e" });
  const { text } = await bench.call("rocketchat", { root_cause: "second" });
  assert.match(text, /^Your conclusion is replaced\./);
  assert.deepEqual(bench.incident().status.episode?.conclusion, { rootCause: "second" });
});

for (const root_cause of ["", "  \n", "\u200b\u0000", undefined, 7]) {
  test(`a conclusion of ${JSON.stringify(root_cause) ?? "nothing"} is none`, async () => {
    const bench = toolBench(stack);
    assert.deepEqual(await bench.call("rocketchat", { root_cause }), {
      text: "root_cause is empty: say what is wrong.",
      isError: true,
    });
    assert.equal(bench.incident().status.episode?.conclusion, undefined);
  });
}

test("what people are told is masked, harmless and cut", async () => {
  const password = templateOf("server", { env: [{ name: "DB_PASSWORD", value: "correct-horse" }] });
  const bench = toolBench(stack.liveTemplate(password));
  await bench.call("rocketchat", {
    root_cause: `used correct-horse and correct\u200b-horse <script>${"é".repeat(5000)}`,
    evidence: "y".repeat(5000),
    next_step: "z".repeat(5000),
  });
  const { rootCause, evidence, nextStep } = bench.incident().status.episode!.conclusion!;
  assert.match(rootCause, /^used \[masked\] and \[masked\] ‹script>é+ … \[cut: first \d+ of \d+ bytes\]$/);
  assert.ok(Buffer.byteLength(rootCause) <= 1200);
  for (const more of [evidence!, nextStep!])
    assert.ok(Buffer.byteLength(more) <= 600 && more.includes("[cut: "));
});
