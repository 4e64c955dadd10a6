import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHealthLog } from "./health-log.ts";
import { createLog } from "./log.ts";
import type { Readiness } from "./readiness.ts";

const ok: Readiness = { ready: true, reason: "ok", tookMs: 3 };
const slow: Readiness = { ready: true, reason: "ok", tookMs: 400 };
const bad: Readiness = {
  ready: false,
  reason: "connecting timed out",
  code: "ETIMEDOUT",
  phase: "connect",
  tookMs: 1500,
};

/** Feeds results, each so many milliseconds after the one before, and gives the lines that were written. */
function log(results: readonly (readonly [afterMs: number, result: Readiness])[]): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  let clock = 0;
  const observe = createHealthLog({
    log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
    db: "db-0:5432",
    slowMs: 250,
    repeatMs: 5000,
    now: () => clock,
  });
  for (const [afterMs, result] of results) {
    clock += afterMs;
    observe(result);
  }
  return lines;
}

const messages = (lines: readonly Record<string, unknown>[]) => lines.map((line) => line["msg"]);

describe("the health log", () => {
  it("says once that the database is reachable, however often it is asked", () => {
    assert.deepEqual(
      messages(
        log([
          [0, ok],
          [2000, ok],
          [60_000, ok],
        ]),
      ),
      ["database reachable"],
    );
  });

  it("says at once that it is not, with code, step, host and duration", () => {
    const [, line] = log([
      [0, ok],
      [2000, bad],
    ]);
    const { msg, level, code, phase, db, error, tookMs } = line ?? {};
    assert.deepEqual(
      { msg, level, code, phase, db, error, tookMs },
      {
        msg: "database unreachable",
        level: "error",
        code: "ETIMEDOUT",
        phase: "connect",
        db: "db-0:5432",
        error: "connecting timed out",
        tookMs: 1500,
      },
    );
  });

  it("repeats a bad state only every so often, saying how long it has lasted", () => {
    const lines = log([[0, bad], ...Array.from({ length: 6 }, () => [2000, bad] as const)]);
    assert.deepEqual(
      lines.map((line) => line["forMs"]),
      [0, 6000, 12_000],
    );
  });

  it("says how many of the last minute's checks failed, for a link that comes and goes", () => {
    const lines = log([
      [0, bad],
      [50_000, ok],
      [2000, bad],
      [2000, ok],
      [20_000, bad],
    ]);
    assert.deepEqual(lines.at(-1)?.["lastMinute"], { checks: 4, failed: 2 });
  });

  it("tells slow from unreachable, and says what followed what", () => {
    const lines = log([
      [0, ok],
      [2000, slow],
      [2000, bad],
      [3000, ok],
    ]);
    assert.deepEqual(messages(lines), [
      "database reachable",
      "database slow",
      "database unreachable",
      "database reachable",
    ]);
    assert.deepEqual([lines[3]?.["after"], lines[3]?.["afterMs"]], ["bad", 3000]);
  });

  it("does not call a database unreachable that answered with a refusal", () => {
    const [line] = log([
      [0, { ready: false, reason: "password authentication failed", code: "28P01", tookMs: 5 }],
    ]);
    assert.equal(line?.["msg"], "database not usable");
  });
});
