import assert from "node:assert/strict";
import { test } from "node:test";
import { collectingLog } from "../../test/support/collecting-log.ts";
import type { Incident } from "../core/incident.ts";
import { createTotalsTeller } from "./totals.ts";

test("tells the totals once for each state of the incidents, and nothing of none", () => {
  const log = collectingLog();
  let kept: readonly Incident[] = [];
  const tell = createTotalsTeller({
    incidents: { list: () => kept },
    options: { rerunMinutes: 40, worstEpisodeUsd: 1 },
    log,
  });
  tell();
  assert.equal(log.lines.length, 0);
  const spec = { client: "0", runId: "1", namespace: "n" };
  const attempts = [{ by: "playbook", outcome: "applied" }];
  kept = [{ createdAt: 1, spec, status: { phase: "Verifying", attempts, times: {} } } as never];
  tell();
  tell();
  assert.equal(log.lines.length, 1);
  kept = [{ createdAt: 1, spec, status: { phase: "Resolved", attempts, times: {} } } as never];
  tell();
  const [open, saved] = log.lines.map(({ fields }) => fields as { builds: object; minutesSaved: number });
  assert.deepEqual([open!.minutesSaved, saved!.minutesSaved], [0, 40]);
});
