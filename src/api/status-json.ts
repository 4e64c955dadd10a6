import { Phases } from "../core/incident.ts";
import type { Incident, Phase } from "../core/incident.ts";
import { lastHour } from "../core/ledger.ts";
import type { BuildSummary, StackState } from "./builds.ts";
import type { About, ApiDeps } from "./deps.ts";
import { stamp } from "./incident-json.ts";

/** The medic at a glance: what it is, whether it sees, what it may still spend, and how things stand. Times are RFC 3339. */
export interface StatusJson extends Pick<About, "version" | "mode" | "modeBecause" | "model" | "chat"> {
  readonly startedAt: string;
  readonly role: "leader" | "standby";
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, boolean | string>>;
  readonly limits: About["limits"];
  /** Of the last hour. */
  readonly budget: {
    readonly hourlyUsd: number;
    readonly spentUsd: number;
    /** Held for episodes that run, or whose cost is not known. */
    readonly reservedUsd: number;
    readonly leftUsd: number;
    /** When the oldest of it is free again. */
    readonly nextFreeAt?: string;
  };
  readonly incidents: Readonly<Record<Phase, number>>;
  readonly stacks: Readonly<Record<StackState, number>>;
  readonly totals: Omit<About["totals"], "since"> & { readonly since?: string };
}

export function statusJson(deps: ApiDeps, builds: readonly BuildSummary[]): StatusJson {
  const { version, mode, modeBecause, model, chat, leader, startedAt, limits, totals } = deps.about();
  const incidents = deps.listIncidents();
  const { since, ...sums } = totals;
  return {
    version,
    startedAt: stamp(startedAt),
    mode,
    ...(modeBecause === undefined ? {} : { modeBecause }),
    ...(model === undefined ? {} : { model }),
    chat,
    role: leader ? "leader" : "standby",
    ...deps.ready(),
    limits,
    budget: budgetJson(incidents, deps.clock.now(), limits.hourlyBudgetUsd),
    incidents: phaseCounts(incidents),
    stacks: stateCounts(builds),
    totals: { ...sums, ...(since === undefined ? {} : { since: stamp(since) }) },
  };
}

function budgetJson(incidents: readonly Incident[], now: number, hourlyUsd: number): StatusJson["budget"] {
  const { spentUsd, heldUsd, nextFreeAt } = lastHour(incidents, now);
  return {
    hourlyUsd,
    spentUsd: rounded(spentUsd),
    reservedUsd: rounded(heldUsd),
    leftUsd: rounded(Math.max(hourlyUsd - spentUsd - heldUsd, 0)),
    ...(nextFreeAt === undefined ? {} : { nextFreeAt: stamp(nextFreeAt) }),
  };
}

/** Sums of cents are not exact in binary. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

function phaseCounts(incidents: readonly Incident[]): Record<Phase, number> {
  const counts = Object.fromEntries(Phases.map((phase) => [phase, 0])) as Record<Phase, number>;
  for (const { status } of incidents) counts[status.phase] += 1;
  return counts;
}

function stateCounts(builds: readonly BuildSummary[]): Record<StackState, number> {
  const counts: Record<StackState, number> = {
    starting: 0,
    ready: 0,
    testing: 0,
    "in-trouble": 0,
    escalated: 0,
    paused: 0,
    terminating: 0,
  };
  for (const { stacks } of builds) for (const { state } of stacks) counts[state] += 1;
  return counts;
}
