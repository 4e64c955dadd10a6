import { isClosed } from "../core/incident.ts";
import type { Call, Clock, Incidents, Log } from "./ports.ts";

export interface JanitorDeps {
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a closed incident is kept, in milliseconds. */
  readonly ttlMs: number;
}

/** Removes closed incidents that are older than their time to live. An escalation that was never delivered stays. */
export async function prune({ incidents, clock, log, ttlMs }: JanitorDeps, call: Call): Promise<number> {
  let removed = 0;
  for (const incident of incidents.list()) {
    const { phase, times, escalation } = incident.status;
    const owed = phase === "Escalated" && escalation?.sentAt === undefined;
    const closedAt = times[phase] ?? incident.createdAt;
    if (!isClosed(phase) || owed || clock.now() - closedAt < ttlMs) continue;
    await incidents.remove(incident, call);
    removed += 1;
  }
  if (removed > 0) log.info("old incidents removed", { removed });
  return removed;
}
