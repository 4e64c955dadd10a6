import assert from "node:assert/strict";
import { test } from "node:test";
import { totalsOf } from "../core/totals.ts";
import type { Totals } from "../core/totals.ts";
import { describeTotals } from "./totals-text.ts";

const options = { rerunMinutes: 40, worstEpisodeUsd: 0.9986 };
const since = Date.UTC(2026, 0, 5);
const nothing: Totals = { ...totalsOf([], options), since };
const now = since + 6.5 * 86_400_000;

test("says what was done and, apart from it, what would have been done", () => {
  const text = describeTotals(
    {
      ...nothing,
      incidents: { ...nothing.incidents, total: 7, "repaired-tier1": 2, escalated: 5 },
      builds: { total: 6, saved: 2, recovered: 0, "not-saved": 4, open: 0 },
      storms: 1,
      minutesSaved: 80,
      episodes: 1,
      spentUsd: 0.021,
      reservedUsd: 0.5,
      wouldHave: {
        "repair-tier1": 3,
        "repair-tier2": 0,
        investigate: 2,
        worstUsd: 2 * options.worstEpisodeUsd,
        buildsSaved: 3,
        minutesSaved: 120,
      },
    },
    options,
    now,
  );
  assert.equal(
    text,
    `Incidents                           7  since 2026-01-05T00:00:00.000Z (6.5 days)
Builds with trouble                 6

Done
  repaired by the playbook          2  $0.00
  repaired by a model               0
  ready again without a repair      0
  handed to people                  5
  gone before they were ready       0
  open                              0
  storms of the farm                1
  builds saved                      2  80 minutes, at 40 for a re-run
  episodes                          1  $0.02, and at most $0.50 that is not known

Would have done (not done)
  repaired by the playbook          3  held back by mode: observe; $0.00
  repaired by a model               0  held back by mode: observe
  asked a model                     2  there is none; at most $2.00, $1.00 each
  builds saved                      3  120 minutes, at 40 for a re-run, if every repair had held
`,
  );
});

test("leaves out what nothing was held back for", () => {
  assert.doesNotMatch(describeTotals(nothing, options, now), /Would have|storms/);
});

test("says so when there is nothing to tell", () => {
  assert.equal(
    describeTotals(totalsOf([], options), options, now),
    "No Incidents are kept: no stack was in trouble.\n",
  );
});
