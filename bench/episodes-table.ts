import { worstOvershootUsd } from "../src/agent/investigator.ts";
import { worstHourUsd } from "../src/core/ledger.ts";
import { limits } from "./paper-episode.ts";
import type { EpisodeFigures } from "./paper-episode.ts";
import { median } from "./percentiles.ts";
import { round } from "./result.ts";
import type { Result } from "./result.ts";

export const CASES = ["cordon", "cordonStepByStep", "cordonAtOnce", "network"] as const;
export const AT_ONCE = 3;
/** What was measured; `threeAtOnce` has the episodes of one batch after those of the other. */
export type Samples = Record<(typeof CASES)[number] | "threeAtOnce", EpisodeFigures[]> & {
  readonly batchSeconds: number[];
};

/** As the configuration has it. */
const budget = { maxBudgetUsd: limits.maxBudgetUsd, hourlyBudgetUsd: 1.5, maxConcurrentEpisodes: AT_ONCE };

const COLUMNS = {
  requests: (value: number) => String(value),
  tokens: (value: number) => String(value),
  usd: (value: number) => `$${value.toFixed(4)}`,
  seconds: (value: number) => `${value.toFixed(2)} s`,
  peakRssMib: (value: number) => `${Math.round(value)} MiB`,
} as const satisfies Record<keyof EpisodeFigures, (value: number) => string>;
type Column = keyof typeof COLUMNS;
const columns = Object.keys(COLUMNS) as Column[];

/** The figures as a table, with what the evidence is worth and what the limits allow at most. */
export function episodesResult(samples: Samples): Result {
  const row = (what: string, sample: readonly EpisodeFigures[]) => ({
    what,
    values: columns.map((column) =>
      spanned(
        sample.map((figures) => figures[column]),
        COLUMNS[column],
      ),
    ),
  });
  const ratioRow = (what: string, without: readonly EpisodeFigures[]) => {
    const ratios = ratiosOf(samples.cordon, without);
    return {
      what,
      values: columns.map((column) => (column in ratios ? `${ratios[column as Compared]?.toFixed(2)}x` : "")),
    };
  };
  const overshoot = worstOvershootUsd(limits);
  const worst = {
    overshootUsd: round(overshoot, 4),
    episodeUsd: cents(budget.maxBudgetUsd + overshoot),
    hourUsd: cents(worstHourUsd(budget, overshoot)),
  };
  const sums = batches(samples.threeAtOnce).map((batch) =>
    batch.reduce((sum, { peakRssMib }) => sum + peakRssMib, 0),
  );
  const count = samples.cordon.length;
  return {
    name: "episodes",
    title: `Rehearsed episodes of tier 2, medians and ranges of ${count} each (three at once: ${samples.threeAtOnce.length})`,
    columns: ["", "requests", "tokens", "dollars", "seconds", "peak memory"],
    rows: [
      row("cordon", samples.cordon),
      row("cordon, without the evidence, step by step", samples.cordonStepByStep),
      row("cordon, without the evidence, all looks at once", samples.cordonAtOnce),
      ratioRow("  with / without, step by step", samples.cordonStepByStep),
      ratioRow("  with / without, all looks at once", samples.cordonAtOnce),
      row("network", samples.network),
      row("cordon, three at once, each", samples.threeAtOnce),
    ],
    notes: [
      "The rehearsal's: no model was asked. Tokens are estimated from the bytes of each request (3.5 a token), dollars are those at list price.",
      `Three at once: ${spanned(samples.batchSeconds, COLUMNS.seconds)} for all of them; their memory together at most ${spanned(sums, COLUMNS.peakRssMib)}.`,
      `The most that the limits allow: $${worst.episodeUsd.toFixed(2)} an episode, $${worst.hourUsd.toFixed(2)} an hour.`,
    ],
    goals: [],
    figures: { worst, samples },
  };
}

const COMPARED = ["requests", "tokens", "usd"] as const;
type Compared = (typeof COMPARED)[number];

/** Of the medians. */
function ratiosOf(
  left: readonly EpisodeFigures[],
  right: readonly EpisodeFigures[],
): Partial<Record<Column, number>> {
  const of = (sample: readonly EpisodeFigures[], column: Compared): number =>
    median(sample.map((figures) => figures[column]));
  return Object.fromEntries(
    COMPARED.map((column) => [column, round(of(left, column) / of(right, column), 2)]),
  );
}

/** The median, and the range where there is one. */
function spanned(values: readonly number[], say: (value: number) => string): string {
  const [least, most] = [say(Math.min(...values)), say(Math.max(...values))];
  const middle = say(median(values));
  return least === most ? middle : `${middle} (${least} to ${most})`;
}

function batches(figures: readonly EpisodeFigures[]): (readonly EpisodeFigures[])[] {
  return Array.from({ length: figures.length / AT_ONCE }, (_, at) =>
    figures.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
}

/** As the medic prints it at start: never too little. */
function cents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}
