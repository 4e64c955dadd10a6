import type { Totals, TotalsOptions } from "../core/totals.ts";

/** The totals for people: what was done first, what would have been done apart from it. */
export function describeTotals(totals: Totals, options: TotalsOptions, now: number): string {
  if (totals.since === undefined) return "No Incidents are kept: no stack was in trouble.\n";
  const blocks = [head(totals, now), did(totals, options), held(totals, options)];
  return blocks
    .filter((block) => block.length > 0)
    .map(page)
    .join("\n");
}

type Row = readonly [what: string, figure: string, note?: string];

function head({ since = 0, incidents, builds }: Totals, now: number): readonly Row[] {
  const days = Math.max((now - since) / 86_400_000, 0);
  return [
    [
      "Incidents",
      String(incidents.total),
      `since ${new Date(since).toISOString()} (${days.toFixed(1)} days)`,
    ],
    ["Builds with trouble", String(builds.total)],
  ];
}

function did(
  { incidents, builds, storms, ...totals }: Totals,
  { rerunMinutes }: TotalsOptions,
): readonly Row[] {
  return [
    ["Done", ""],
    ["  repaired by the playbook", String(incidents["repaired-tier1"]), "$0.00"],
    ["  repaired by a model", String(incidents["repaired-tier2"])],
    ["  ready again without a repair", String(incidents.recovered)],
    ["  handed to people", String(incidents.escalated)],
    ["  gone before they were ready", String(incidents.gone)],
    ["  open", String(incidents.open)],
    ...(storms === 0 ? [] : [["  storms of the farm", String(storms)] as const]),
    [
      "  builds saved",
      String(builds.saved),
      `${totals.minutesSaved} minutes, at ${rerunMinutes} for a re-run`,
    ],
    [
      "  episodes",
      String(totals.episodes),
      `${usd(totals.spentUsd)}${totals.reservedUsd > 0 ? `, and at most ${usd(totals.reservedUsd)} that is not known` : ""}`,
    ],
  ];
}

function held({ wouldHave }: Totals, { rerunMinutes, worstEpisodeUsd }: TotalsOptions): readonly Row[] {
  const repairs = wouldHave["repair-tier1"] + wouldHave["repair-tier2"];
  if (repairs + wouldHave.investigate === 0) return [];
  return [
    ["Would have done (not done)", ""],
    ["  repaired by the playbook", String(wouldHave["repair-tier1"]), "held back by mode: observe; $0.00"],
    ["  repaired by a model", String(wouldHave["repair-tier2"]), "held back by mode: observe"],
    [
      "  asked a model",
      String(wouldHave.investigate),
      `there is none; at most ${usd(wouldHave.worstUsd)}, ${usd(worstEpisodeUsd)} each`,
    ],
    [
      "  builds saved",
      String(wouldHave.buildsSaved),
      `${wouldHave.minutesSaved} minutes, at ${rerunMinutes} for a re-run, if every repair had held`,
    ],
  ];
}

function page(rows: readonly Row[]): string {
  return rows
    .map(([what, figure, note = ""]) => `${what.padEnd(32)}${figure.padStart(5)}  ${note}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

function usd(dollars: number): string {
  return `$${dollars.toFixed(2)}`;
}
