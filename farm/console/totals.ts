import { totalsOf } from "../../src/core/totals.ts";
import type { Mode } from "../faults/catalogue.ts";
import { MODES } from "../faults/catalogue.ts";
import type { BuildFacts } from "./build-facts.ts";
import { defined } from "./defined.ts";
import type { BuildView, PairView, TotalsView } from "./view.ts";

/** What running a build again costs, in minutes. */
const RERUN_MINUTES = 40;

/** Over the builds that are kept here. */
export function totalsView(facts: readonly BuildFacts[]): TotalsView {
  const totals = totalsOf(
    facts.flatMap(({ incidents }) => incidents),
    { rerunMinutes: RERUN_MINUTES, worstEpisodeUsd: 0 },
  );
  return {
    builds: facts.length,
    repaired: totals.incidents["repaired-tier1"] + totals.incidents["repaired-tier2"],
    escalated: totals.incidents.escalated,
    dollars: totals.spentUsd,
    minutesSaved: totals.minutesSaved,
  };
}

/**
 * For each mode with a build that came to its end the newest one without the medic and the newest with it, newest mode first; a pair that had
 * the same fault in the same client goes before newer ones that had not.
 */
export function pairsOf(builds: readonly BuildView[]): PairView[] {
  const shown = builds.filter(({ status }) => status === "passed" || status === "failed");
  return [...MODES]
    .map((mode) => ({ mode, builds: shown.filter((build) => build.mode === mode) }))
    .filter(({ builds: own }) => own.length > 0)
    .sort((left, right) => newest(right.builds) - newest(left.builds))
    .map(({ mode, builds: own }) => pairOf(mode, own));
}

function pairOf(mode: Mode, builds: readonly BuildView[]): PairView {
  const off = builds.filter(({ medic }) => medic === false);
  const on = builds.filter(({ medic }) => medic === true);
  for (const left of off) {
    const right = on.find((build) => sameDraw(left, build));
    if (right !== undefined) return { mode, without: left.id, with: right.id, sameSeed: true };
  }
  return defined({ mode, without: off[0]?.id, with: on[0]?.id, sameSeed: false });
}

function sameDraw(left: BuildView, right: BuildView): boolean {
  return left.seed !== undefined && left.seed === right.seed && left.clients.length === right.clients.length;
}

function newest(builds: readonly BuildView[]): number {
  return Math.max(...builds.map(({ createdAt }) => createdAt));
}
