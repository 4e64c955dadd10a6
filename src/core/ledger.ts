import { RUNNING } from "./incident.ts";
import type { EpisodeRecord, Incident } from "./incident.ts";

const HOUR_MS = 60 * 60_000;

export interface Budget {
  /** Dollars per episode. */
  readonly maxBudgetUsd: number;
  /** Dollars per hour over all episodes. */
  readonly hourlyBudgetUsd: number;
}

/** What episodes begun within the last hour have cost, and what they may cost besides. */
export interface HourSpent {
  /** Dollars that are known to be spent. */
  readonly spentUsd: number;
  /** Dollars held for episodes without a known end or cost. */
  readonly heldUsd: number;
  /** When the oldest of it stops counting, epoch milliseconds. */
  readonly nextFreeAt?: number;
}

/** The ledger of the last hour. It is read from the Incidents, so a restart forgets nothing. */
export function lastHour(incidents: readonly Pick<Incident, "status">[], now: number): HourSpent {
  const counted = incidents
    .flatMap(({ status }) => status.episode ?? [])
    .filter(({ startedAt }) => startedAt !== undefined && startedAt > now - HOUR_MS)
    .map(({ startedAt = 0, costUsd, reservedUsd = 0 }) => ({
      costUsd,
      held: Math.max(reservedUsd - costUsd, 0),
      until: startedAt + HOUR_MS,
    }));
  const paid = counted.filter(({ costUsd, held }) => costUsd + held > 0);
  return {
    spentUsd: counted.reduce((sum, { costUsd }) => sum + costUsd, 0),
    heldUsd: counted.reduce((sum, { held }) => sum + held, 0),
    ...(paid.length === 0 ? {} : { nextFreeAt: Math.min(...paid.map(({ until }) => until)) }),
  };
}

/**
 * Dollars that the episodes begun within the last hour have cost, or may still cost: one without a known end counts with
 * what was reserved for it.
 */
export function spentUsd(incidents: readonly Pick<Incident, "status">[], now: number): number {
  const { spentUsd: spent, heldUsd } = lastHour(incidents, now);
  return spent + heldUsd;
}

/** Whether the hour has room for one more episode with its whole budget. */
export function mayBegin(
  incidents: readonly Pick<Incident, "status">[],
  now: number,
  { maxBudgetUsd, hourlyBudgetUsd }: Budget,
): { readonly allowed: boolean; readonly why: string } {
  const spent = spentUsd(incidents, now);
  // Sums of cents are not exact in binary.
  const allowed = spent + maxBudgetUsd <= hourlyBudgetUsd + 1e-9;
  const told = `$${spent.toFixed(2)} of $${hourlyBudgetUsd.toFixed(2)} spent or reserved within the last hour`;
  return { allowed, why: allowed ? told : `${told}, an episode may need $${maxBudgetUsd.toFixed(2)}` };
}

/** The most that an hour of episodes can cost, in dollars: each that runs at its end may exceed its budget by one turn. */
export function worstHourUsd(
  budget: Budget & { readonly maxConcurrentEpisodes: number },
  overshootUsd: number,
): number {
  if (budget.hourlyBudgetUsd < budget.maxBudgetUsd) return 0;
  const atOnce = Math.min(
    budget.maxConcurrentEpisodes,
    Math.floor(budget.hourlyBudgetUsd / budget.maxBudgetUsd + 1e-9),
  );
  return budget.hourlyBudgetUsd + atOnce * overshootUsd;
}

export function isRunning(episode: EpisodeRecord | undefined): boolean {
  return episode?.outcome === RUNNING;
}
