import assert from "node:assert/strict";
import { test } from "node:test";
import type { BuildRecord } from "../build/record.ts";
import { summaryMarkdown } from "./summary-markdown.ts";

const record: BuildRecord = {
  runId: "4711-1",
  namespace: "build-4711-1",
  mode: "misconfig",
  medic: "on",
  seed: 7,
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: "2026-01-01T00:01:00Z",
  seconds: 60,
  fault: {
    name: "misconfig",
    target: 1,
    detail: "image set to x",
    injected: true,
    at: "2026-01-01T00:00:10Z",
  },
  clients: [
    {
      client: 0,
      outcome: "passed",
      deployed: true,
      readyAfterSeconds: 9,
      passed: 4,
      failed: 0,
      failures: [],
    },
    {
      client: 1,
      outcome: "environment",
      deployed: true,
      passed: 0,
      failed: 0,
      failures: [],
      why: "<img src=x> | [a](javascript:1)\n::error::x",
    },
  ],
  incidents: [],
  passed: false,
  problems: [],
};

test("the summary of a run is a table with a line per client, the target marked, and the verdict", () => {
  const lines = summaryMarkdown(record).split("\n");
  assert.equal(lines[0], "### Build 4711-1: mode misconfig, medic on, 60 s");
  const rows = lines.filter((line) => /^\| (?!---)/.test(line));
  assert.deepEqual(
    rows.map((row) => row.split("|").length),
    [8, 8, 8],
  );
  assert.match(rows[1] ?? "", /^\| 0 \| yes \| 9\.0 s \| 4 passed \| passed \| nothing to do \|$/);
  assert.match(rows[2] ?? "", /^\| 1 &#42; \| yes \| never \| not run \| FAILED: environment/);
  assert.ok(lines.includes("**FAILED: 1 of 2 clients**"));
});

test("what a stack says of itself is no markup in the summary, and no second line", () => {
  const line = summaryMarkdown(record)
    .split("\n")
    .find((one) => one.startsWith("- Client 1"));
  assert.ok(line !== undefined && !/[<>|[\]]/.test(line) && line.includes("javascript"));
});
