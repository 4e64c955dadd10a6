import assert from "node:assert/strict";
import { test } from "node:test";
import { aRun, consoleBench } from "../../test/support/console-bench.ts";
import { aStack } from "../../test/support/builders.ts";
import { anIncident } from "../../test/support/served-api.ts";
import { imageNotFound } from "../../test/support/stack-pieces.ts";
import type { WorkflowJob } from "../github/build-starter.ts";
import { newLines } from "./tour-lines.ts";

const job = (name: string, more: Partial<WorkflowJob> = {}): WorkflowJob => ({
  id: 1,
  name,
  status: "in_progress",
  steps: [],
  ...more,
});

test("tells each thing once, when it is new", () => {
  let stack = aStack().withPod(imageNotFound("server:none"));
  let there = false;
  const { board, clock } = consoleBench({
    sight: {
      namespace: () => (there ? "build-5-1" : undefined),
      stack: () => ({ sets: stack.snapshot().statefulSets, pods: stack.snapshot().pods }),
      incidents: () => (there ? [anIncident("i", { spec: { client: "0", runId: "5-1" } })] : []),
    },
  });
  board.takeRun(aRun(5, { status: "in_progress", createdAt: new Date(clock.now).toISOString() }));
  const seen: string[] = [];
  let before: ReturnType<typeof board.view>;
  const look = (): void => {
    clock.now += 1000;
    board.look();
    const now = board.view("5-1")!;
    seen.push(...newLines(before, now, clock.now));
    before = now;
  };
  board.takeJobs("5-1", [job("prepare")]);
  look();
  look();
  there = true;
  board.takeJobs("5-1", [job("client (0)")]);
  look();
  stack = aStack().testsStarted();
  look();
  board.takeJobs("5-1", [job("client (0)", { status: "completed", conclusion: "success" }), job("report")]);
  look();
  look();
  assert.deepEqual(seen, [
    "   1.0 s  prepare",
    "   3.0 s  client 0: deployed",
    "   3.0 s  client 0: the medic: found ImageDrift",
    "   3.0 s  client 0: the medic: the playbook did restart-pod on Pod/a",
    "   4.0 s  client 0: ready, its tests begin",
    "   5.0 s  report",
    "   5.0 s  client 0: passed",
  ]);
});
