import { isClosed } from "./incident.ts";
import type { Attempt, Incident } from "./incident.ts";
import { isRunning } from "./ledger.ts";

/** How an incident came out. `recovered`: ready again although nothing was applied, by itself or by somebody else. */
export type IncidentOutcome =
  | "repaired-tier1"
  | "repaired-tier2"
  | "recovered"
  | "escalated"
  | "gone"
  | "open";

/** What would have been done in act mode, or with a model; never counted as done. */
export type WouldHave = "repair-tier1" | "repair-tier2" | "investigate";

/** How a build with trouble came out. `saved`: each of its incidents ended ready before its tests, at least one by a repair. */
type BuildOutcome = "saved" | "recovered" | "not-saved" | "open";

export interface TotalsOptions {
  /** What running a build again costs, in minutes. */
  readonly rerunMinutes: number;
  /** The most that one episode can cost, in dollars. */
  readonly worstEpisodeUsd: number;
}

/** Sums over the Incidents that are kept. */
export interface Totals {
  /** When the oldest of them was detected, epoch milliseconds. */
  readonly since?: number;
  readonly incidents: Readonly<Record<IncidentOutcome, number>> & { readonly total: number };
  /** Times that many stacks had the same trouble at once; not among the incidents. */
  readonly storms: number;
  /** Builds with at least one incident. */
  readonly builds: Readonly<Record<BuildOutcome, number>> & { readonly total: number };
  readonly minutesSaved: number;
  readonly episodes: number;
  /** Dollars that episodes are known to have cost. */
  readonly spentUsd: number;
  /** Dollars that episodes which run or were cut off may have cost besides. */
  readonly reservedUsd: number;
  readonly wouldHave: Readonly<Record<WouldHave, number>> & {
    /** Dollars that the investigations could have cost at the most. */
    readonly worstUsd: number;
    /** Builds that were not saved, and whose every incident had a repair that only the mode held back. */
    readonly buildsSaved: number;
    readonly minutesSaved: number;
  };
}

/** What the medic did, and apart from it what it would have done. */
export function totalsOf(all: readonly Incident[], options: TotalsOptions): Totals {
  const incidents = all.filter((incident) => !isStormRecord(incident));
  const outcomes = incidents.map(outcomeOf);
  const builds = [...Map.groupBy(incidents, buildOf).values()];
  const came = builds.map(buildOutcomeOf);
  const would = incidents.map(wouldHave);
  const buildsSaved = builds.filter(wouldBeSaved).length;
  const episodes = incidents.flatMap(({ status }) => status.episode ?? []);
  const investigate = countOf(would, "investigate");
  return {
    ...(incidents.length === 0 ? {} : { since: Math.min(...incidents.map(detectedAt)) }),
    incidents: {
      total: incidents.length,
      "repaired-tier1": countOf(outcomes, "repaired-tier1"),
      "repaired-tier2": countOf(outcomes, "repaired-tier2"),
      recovered: countOf(outcomes, "recovered"),
      escalated: countOf(outcomes, "escalated"),
      gone: countOf(outcomes, "gone"),
      open: countOf(outcomes, "open"),
    },
    storms: all.length - incidents.length,
    builds: {
      total: builds.length,
      saved: countOf(came, "saved"),
      recovered: countOf(came, "recovered"),
      "not-saved": countOf(came, "not-saved"),
      open: countOf(came, "open"),
    },
    minutesSaved: countOf(came, "saved") * options.rerunMinutes,
    // One that was not begun, for want of budget or audit log, has no start.
    episodes: episodes.filter(({ startedAt }) => startedAt !== undefined).length,
    spentUsd: sum(episodes.map(({ costUsd }) => costUsd)),
    reservedUsd: sum(episodes.map(({ costUsd, reservedUsd = 0 }) => Math.max(reservedUsd - costUsd, 0))),
    wouldHave: {
      "repair-tier1": countOf(would, "repair-tier1"),
      "repair-tier2": countOf(would, "repair-tier2"),
      investigate,
      worstUsd: investigate * options.worstEpisodeUsd,
      buildsSaved,
      minutesSaved: buildsSaved * options.rerunMinutes,
    },
  };
}

/** Only a change that was applied makes a stack that became ready a repaired one. */
export function outcomeOf({ status }: Incident): IncidentOutcome {
  const { phase, attempts } = status;
  if (!isClosed(phase) || isRunning(status.episode)) return "open";
  if (phase === "Escalated") return "escalated";
  if (phase === "Gone") return "gone";
  if (has(attempts, "agent", "applied")) return "repaired-tier2";
  return has(attempts, "playbook", "applied") ? "repaired-tier1" : "recovered";
}

/** What was held back by the mode alone, or by there being no model. */
export function wouldHave({ status }: Incident): WouldHave | undefined {
  const { attempts } = status;
  // What was done is told by the outcome, and the rest of the outage followed from it.
  if (attempts.some(({ outcome }) => outcome === "applied")) return undefined;
  if (has(attempts, "playbook", "observed")) return "repair-tier1";
  if (has(attempts, "agent", "observed")) return "repair-tier2";
  return status.wouldInvestigate === true ? "investigate" : undefined;
}

function buildOutcomeOf(incidents: readonly Incident[]): BuildOutcome {
  const outcomes = incidents.map(outcomeOf);
  if (outcomes.includes("open")) return "open";
  if (outcomes.includes("escalated") || outcomes.includes("gone")) return "not-saved";
  return outcomes.every((outcome) => outcome === "recovered") ? "recovered" : "saved";
}

function wouldBeSaved(incidents: readonly Incident[]): boolean {
  return (
    buildOutcomeOf(incidents) === "not-saved" &&
    incidents.every((incident) => wellAnyway(incident) || repairKnown(incident))
  );
}

function wellAnyway(incident: Incident): boolean {
  return ["repaired-tier1", "repaired-tier2", "recovered"].includes(outcomeOf(incident));
}

function repairKnown(incident: Incident): boolean {
  return wouldHave(incident)?.startsWith("repair") === true;
}

function has(attempts: readonly Attempt[], by: Attempt["by"], outcome: Attempt["outcome"]): boolean {
  return attempts.some((attempt) => attempt.by === by && attempt.outcome === outcome);
}

/** The farm's own incident, which speaks for the stacks in a storm. */
function isStormRecord({ spec }: Incident): boolean {
  return spec.client === "*";
}

/** A build without a run id is known by its namespace. */
function buildOf({ spec }: Incident): string {
  return spec.runId === "" ? `namespace ${spec.namespace}` : `run ${spec.runId}`;
}

function detectedAt({ status, createdAt }: Incident): number {
  return status.times.Detected ?? createdAt;
}

function countOf<T>(all: readonly T[], one: T): number {
  return all.filter((candidate) => candidate === one).length;
}

/** Sums of cents are not exact in binary: to a hundredth of a cent. */
function sum(dollars: readonly number[]): number {
  return Math.round(dollars.reduce((total, one) => total + one, 0) * 1e4) / 1e4;
}
