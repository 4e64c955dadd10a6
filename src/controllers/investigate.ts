import { isClosed } from "../core/incident.ts";
import type { IncidentStatus } from "../core/incident.ts";
import { isRunning } from "../core/ledger.ts";
import type { Decision, Plan } from "../core/plan.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { keyOf } from "../core/stack.ts";
import type { StackId } from "../core/stack.ts";
import type { Call } from "./ports.ts";
import type { Again, Context, StackDeps } from "./stack-controller.ts";

/** Puts the stack in the queue for an episode; the Incident says so, so that a restart does not forget it. */
export async function investigate(
  deps: StackDeps,
  snapshot: Snapshot,
  decision: Decision,
  { call }: Context,
): Promise<Again> {
  const { reason, rootCause } = decision.plan as Plan & { kind: "investigate" };
  const { incident: known } = snapshot;
  if (known?.status.phase === "Investigating") {
    deps.episodes.request(known.name);
    return undefined;
  }
  const account = { phase: "Investigating", reason, rootCause, findings: decision.findings } as const;
  const incident = await deps.incidentLog.open(snapshot, account, call);
  await deps.decisions.record(incident.name, { snapshot, policy: deps.policy, decision });
  if (!isClosed(incident.status.phase)) deps.episodes.request(incident.name);
  return undefined;
}

/** The medic died in the middle of an episode: it is not begun again, and what it may have cost stays reserved. */
export async function closeLostEpisode(
  deps: Pick<StackDeps, "incidentLog" | "clock" | "log">,
  { incident }: Snapshot,
  call: Call,
): Promise<Again> {
  if (incident === undefined) return undefined;
  const endedAt = deps.clock.now();
  deps.log.warn("episode lost: the medic was restarted in it", { incident: incident.name });
  await deps.incidentLog.change(incident.name, (status) => withoutLostEpisode(status, endedAt), call);
  return 0;
}

/**
 * Likewise when its incident had been closed meanwhile, because the build was gone, and the medic did not live to write the
 * episode's end: nobody looks at the incident again, but its cost is counted.
 */
export async function closeLostEpisodes(
  deps: Pick<StackDeps, "incidents" | "incidentLog" | "episodes" | "clock" | "log">,
  stack: StackId,
  call: Call,
): Promise<void> {
  const lost = deps.incidents
    .list()
    .filter(
      ({ name, spec, status }) =>
        keyOf(spec) === keyOf(stack) &&
        isClosed(status.phase) &&
        isRunning(status.episode) &&
        !deps.episodes.isRunning(name),
    );
  for (const { name } of lost) {
    deps.log.warn("episode lost: its incident was closed in it", { incident: name });
    const endedAt = deps.clock.now();
    await deps.incidentLog.change(name, (status) => withoutLostEpisode(status, endedAt), call);
  }
}

/** The status in which an episode that nobody works on any more has its end. */
export function withoutLostEpisode(status: IncidentStatus, endedAt: number): IncidentStatus {
  return status.episode !== undefined && isRunning(status.episode)
    ? { ...status, episode: { ...status.episode, outcome: "interrupted", endedAt } }
    : status;
}
