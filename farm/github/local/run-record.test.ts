import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkflowEvent } from "../../workflow/workflow-run.ts";
import { afterCancel, afterEvent, afterResult } from "./run-record.ts";
import type { RunRecord } from "./run-record.ts";

const queued: RunRecord = {
  id: 5,
  number: 1,
  workflow: "build.yml",
  workflowName: "Build",
  title: "Build: none, medic on",
  inputs: {},
  sha: "0".repeat(40),
  status: "in_progress",
  createdAt: 0,
  startedAt: 1,
  updatedAt: 1,
  jobs: [],
};

function after(...events: readonly Exclude<WorkflowEvent, { readonly type: "log" }>[]): RunRecord {
  return events.reduce(afterEvent, queued);
}

test("jobs keep their place in the order in which they began, and steps their number", () => {
  const run = after(
    { type: "job-started", job: "client (1)", at: 10 },
    { type: "job-started", job: "client (0)", at: 11 },
    { type: "step-started", job: "client (0)", number: 2, step: "Fault", at: 13 },
    { type: "step-started", job: "client (0)", number: 1, step: "Deploy", at: 12 },
    { type: "step-completed", job: "client (0)", number: 1, step: "Deploy", conclusion: "success", at: 14 },
    { type: "job-completed", job: "client (1)", conclusion: "failure", at: 15 },
  );
  assert.deepEqual(
    run.jobs.map(({ name, status }) => [name, status]),
    [
      ["client (1)", "completed"],
      ["client (0)", "in_progress"],
    ],
  );
  assert.deepEqual(run.jobs[1]!.steps, [
    { number: 1, name: "Deploy", status: "completed", conclusion: "success", startedAt: 12, completedAt: 14 },
    { number: 2, name: "Fault", status: "in_progress", startedAt: 13 },
  ]);
  assert.equal(run.updatedAt, 15);
});

test("annotations and summaries add up", () => {
  const run = after(
    { type: "annotation", job: "report", level: "notice", message: "one", at: 1 },
    { type: "annotation", job: "report", level: "failure", title: "tests", message: "two", at: 2 },
    { type: "summary", job: "report", markdown: "# A\n", at: 3 },
    { type: "summary", job: "report", markdown: "b\n", at: 4 },
  );
  assert.deepEqual(run.jobs[0]!.annotations, [
    { level: "notice", message: "one" },
    { level: "failure", title: "tests", message: "two" },
  ]);
  assert.equal(run.jobs[0]!.summary, "# A\nb\n");
});

test("the result has the last word, also on jobs that were never seen, and leaves nothing open", () => {
  const run = afterResult(
    after(
      { type: "job-started", job: "prepare", at: 1 },
      { type: "step-started", job: "prepare", number: 1, step: "Prepare", at: 2 },
      { type: "job-started", job: "client (0)", at: 3 },
    ),
    {
      conclusion: "failure",
      jobs: [
        {
          name: "client (0)",
          conclusion: "failure",
          startedAt: 3,
          completedAt: 8,
          steps: [],
          annotations: [],
        },
        { name: "report", conclusion: "skipped", startedAt: 9, completedAt: 9, steps: [], annotations: [] },
      ],
    },
    10,
  );
  assert.deepEqual(
    run.jobs.map(({ name, status, conclusion, completedAt }) => [name, status, conclusion, completedAt]),
    [
      ["prepare", "completed", "cancelled", 10],
      ["client (0)", "completed", "failure", 8],
      ["report", "completed", "skipped", 9],
    ],
  );
  assert.deepEqual(run.jobs[0]!.steps[0]!.conclusion, "cancelled");
  assert.deepEqual([run.status, run.conclusion, run.updatedAt], ["completed", "failure", 10]);
});

test("what had ended before a cancel stays as it was", () => {
  const ended = after(
    { type: "job-started", job: "prepare", at: 1 },
    { type: "job-completed", job: "prepare", conclusion: "success", at: 2 },
    { type: "job-started", job: "client (0)", at: 3 },
  );
  assert.deepEqual(
    afterCancel(ended, 9).jobs.map(({ conclusion, completedAt }) => [conclusion, completedAt]),
    [
      ["success", 2],
      ["cancelled", 9],
    ],
  );
});
