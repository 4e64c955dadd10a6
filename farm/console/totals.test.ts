import assert from "node:assert/strict";
import { test } from "node:test";
import { aRun, consoleBench } from "../../test/support/console-bench.ts";
import { anIncident } from "../../test/support/served-api.ts";
import type { Asked } from "./build-facts.ts";
import { pairsOf, totalsView } from "./totals.ts";
import type { PairView } from "./view.ts";

type Given = readonly [id: number, mode: Asked["mode"], medic: boolean, seed: number];

function pairs(builds: readonly Given[], cancelled: readonly number[] = []): PairView[] {
  const { board } = consoleBench();
  for (const [id, mode, medic, seed] of builds) {
    const conclusion = cancelled.includes(id) ? "cancelled" : "success";
    board.takeRun(aRun(id, { status: "completed", conclusion }), {
      mode,
      medic,
      seed,
      clients: 4,
      target: 0,
    });
  }
  board.look();
  return pairsOf(board.views());
}

test("pairs the newest builds of a mode that had the same seed, else the newest of each", () => {
  assert.deepEqual(
    pairs([
      [1, "misconfig", false, 5],
      [2, "misconfig", true, 5],
      [3, "misconfig", true, 6],
      [4, "none", true, 1],
    ]),
    [
      { mode: "none", with: "4-1", sameSeed: false },
      { mode: "misconfig", without: "1-1", with: "2-1", sameSeed: true },
    ],
  );
  assert.deepEqual(
    pairs([
      [1, "misconfig", false, 5],
      [2, "misconfig", true, 6],
      [3, "misconfig", true, 7],
    ]),
    [{ mode: "misconfig", without: "1-1", with: "3-1", sameSeed: false }],
  );
});

test("compares with no build that was cancelled", () => {
  const builds: readonly Given[] = [
    [1, "misconfig", false, 5],
    [2, "misconfig", true, 5],
  ];
  assert.deepEqual(pairs(builds, [2]), [{ mode: "misconfig", without: "1-1", sameSeed: false }]);
});

test("counts what the medic did over the builds that are kept, at forty minutes for each build saved", () => {
  const resolved = { phase: "Resolved", times: { Detected: 1, Resolved: 2 } } as const;
  const incidents = {
    "1-1": [anIncident("a", { status: resolved, spec: { runId: "1-1" } })],
    "2-1": [
      anIncident("b", {
        status: {
          phase: "Escalated",
          attempts: [],
          episode: {
            model: "m",
            turns: 3,
            tokens: 9,
            costUsd: 0.02,
            outcome: "completed",
            tools: [],
            startedAt: 1,
          },
        },
        spec: { runId: "2-1" },
      }),
    ],
  };
  const { board } = consoleBench({ sight: { incidents: (id) => incidents[id as "1-1"] ?? [] } });
  board.takeRuns([aRun(1), aRun(2), aRun(3)]);
  board.look();
  assert.deepEqual(totalsView(board.facts()), {
    builds: 3,
    repaired: 1,
    escalated: 1,
    dollars: 0.02,
    minutesSaved: 40,
  });
});
