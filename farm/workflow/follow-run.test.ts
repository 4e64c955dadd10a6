import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readActLine } from "./act-line.ts";
import { FollowedRun } from "./follow-run.ts";
import type { WorkflowFile } from "./workflow-file.ts";
import type { WorkflowEvent } from "./workflow-run.ts";

const workflow: WorkflowFile = {
  name: "Build",
  jobs: [
    { id: "prepare", name: "prepare", steps: [{ key: "0", name: "Prepare" }] },
    {
      id: "client",
      name: "client",
      steps: [
        { key: "wait", name: "Wait for the stack" },
        { key: "test", name: "Test" },
        { key: "2", name: "Heal" },
      ],
    },
    { id: "report", name: "report", steps: [] },
  ],
};

/** Lines as act prints them. */
function job(name: string, jobID: string, matrix: object = {}) {
  const line = (more: object) =>
    JSON.stringify({
      dryrun: false,
      job: `Build/${name}`,
      jobID,
      matrix,
      level: "info",
      time: "2026-01-01T00:00:01Z",
      ...more,
    });
  const step = (id: string, more: object) => line({ stepID: [id], step: id, stage: "Main", ...more });
  return {
    line,
    step,
    run: (id: string, stepResult: string) => [
      step(id, { msg: `⭐ Run Main ${id}` }),
      step(id, { msg: `  ✅  ${stepResult} - Main ${id} [1s]`, stepResult, executionTime: 1 }),
    ],
    end: (jobResult: string) => line({ msg: "🏁  Job", jobResult }),
  };
}

function follow(lines: readonly string[], exitCode = 0, cancelAfter = Number.POSITIVE_INFINITY) {
  const events: WorkflowEvent[] = [];
  const run = new FollowedRun(workflow, (event) => events.push(event));
  for (const [index, text] of lines.entries()) {
    if (index === cancelAfter) run.cancel();
    const line = readActLine(text);
    if (line !== undefined) run.take(line);
  }
  return { result: run.end(exitCode, Date.parse("2026-01-01T00:01:00Z")), events };
}

describe("a run that act executes", () => {
  const one = job("client (1)-2", "client", { client: 1 });
  const two = job("client (2)-3", "client", { client: 2 });

  test("has a failed client beside one that passed, although act has one result for both", () => {
    const { result } = follow(
      [
        ...one.run("wait", "failure"),
        ...two.run("wait", "success"),
        ...one.run("2", "success"),
        one.end("failure"),
        ...two.run("test", "success"),
        ...two.run("2", "success"),
        two.end("failure"),
      ],
      1,
    );
    const ends = result.jobs.map(({ name, conclusion }) => [name, conclusion]);
    assert.deepEqual(ends, [
      ["prepare", "skipped"],
      ["client (1)", "failure"],
      ["client (2)", "success"],
      ["report", "skipped"],
    ]);
    assert.equal(result.conclusion, "failure");
    const steps = result.jobs[1]?.steps.map(({ number, name, conclusion }) => [number, name, conclusion]);
    assert.deepEqual(steps, [
      [1, "Set up job", "skipped"],
      [2, "Wait for the stack", "failure"],
      [3, "Test", "skipped"],
      [4, "Heal", "success"],
      [5, "Complete job", "skipped"],
    ]);
  });

  test("tells in order what happens, with the job's name as people see it", () => {
    const prepare = job("prepare      ", "prepare");
    const { events } = follow([
      ...prepare.run("0", "success"),
      prepare.step("0", { msg: "hello\n", raw_output: true }),
      prepare.end("success"),
    ]);
    assert.deepEqual(
      events.map((event) => `${event.job} ${event.type}`),
      [
        "prepare job-started",
        "prepare step-started",
        "prepare step-completed",
        "prepare log",
        "prepare job-completed",
      ],
    );
    assert.ok(events.every(({ at }) => at === Date.parse("2026-01-01T00:00:01Z")));
  });

  test("has the annotations and the summary of each job", () => {
    const { result, events } = follow([
      one.step("wait", {
        command: "error",
        arg: "environment: no node",
        kvPairs: { title: "client 1" },
        msg: "x",
      }),
      one.step("wait", { command: "notice", arg: "by the way", kvPairs: {}, msg: "x" }),
      one.step("2", { command: "summary", content: "# a\n", msg: "x" }),
      one.step("2", { command: "summary", content: "b\n", msg: "x" }),
      one.end("success"),
    ]);
    assert.deepEqual(result.jobs[1]?.annotations, [
      { level: "failure", title: "client 1", message: "environment: no node" },
      { level: "notice", message: "by the way" },
    ]);
    assert.equal(result.jobs[1]?.summary, "# a\nb\n");
    assert.equal(events.filter(({ type }) => type === "annotation").length, 2);
  });

  test("is not failed by a step that may fail, nor by the steps inside an action of their own", () => {
    const { result } = follow([
      one.step("wait", { msg: "⭐ Run Main wait" }),
      one.line({ stepID: ["wait", "inner"], stage: "Main", msg: "x", stepResult: "failure" }),
      one.step("wait", { msg: "Failed but continue next step" }),
      one.step("wait", { msg: "x", stepResult: "failure" }),
      ...one.run("test", "success"),
      one.end("success"),
    ]);
    assert.equal(result.jobs[1]?.conclusion, "success");
    assert.equal(result.conclusion, "success");
  });

  test("is cancelled where a step was under way, and has the end of the jobs that were over", () => {
    const prepare = job("prepare", "prepare");
    const begun = [
      ...prepare.run("0", "success"),
      prepare.end("success"),
      one.step("wait", { msg: "⭐ Run Main wait" }),
    ];
    const { result } = follow(
      [
        ...begun,
        one.step("wait", { msg: "x", stepResult: "failure" }),
        ...one.run("2", "success"),
        one.end("failure"),
      ],
      1,
      begun.length,
    );
    assert.equal(result.conclusion, "cancelled");
    assert.deepEqual(
      result.jobs.map(({ name, conclusion }) => [name, conclusion]),
      [
        ["prepare", "success"],
        ["client (1)", "cancelled"],
        ["report", "skipped"],
      ],
    );
  });

  test("that was killed has an end, and it is no success", () => {
    const { result, events } = follow([one.step("wait", { msg: "⭐ Run Main wait" })], 1);
    assert.equal(result.conclusion, "failure");
    assert.equal(result.jobs[1]?.conclusion, "cancelled");
    assert.equal(events.at(-1)?.type, "job-completed");
  });

  test("names a matrix job without a name of its own as GitHub does", () => {
    const plain = job("client-1", "client", { client: "a", os: "linux" });
    const { result } = follow([...plain.run("wait", "success"), plain.end("success")]);
    assert.equal(result.jobs[1]?.name, "client (a, linux)");
  });

  test("survives lines that are none of act's", () => {
    assert.equal(readActLine("Error: something"), undefined);
    assert.equal(readActLine('{"a":1}'), undefined);
    assert.equal(readActLine("[]"), undefined);
  });
});
