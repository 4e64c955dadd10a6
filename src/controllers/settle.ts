import type { Attempt } from "../core/incident.ts";
import { settleAttempts } from "../core/settle.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { messageOf } from "../lib/medic-error.ts";
import type { Context, StackDeps } from "./stack-controller.ts";

/** The snapshot with the attempts that were begun and never completed settled by what the cluster shows, in the audit log and the Incident too. */
export async function settled(
  deps: StackDeps,
  snapshot: Snapshot | undefined,
  context: Context,
): Promise<Snapshot | undefined> {
  if (snapshot?.incident === undefined) return snapshot;
  const { name, status } = snapshot.incident;
  const attempts = settleAttempts(viewOf(snapshot));
  if (attempts === undefined) return snapshot;
  for (const attempt of attempts.filter((_, index) => status.attempts[index]?.outcome === "pending"))
    await auditOutcome(deps, snapshot, attempt, context);
  const stored = await deps.incidentLog.change(name, (known) => ({ ...known, attempts }), context.call);
  return stored === undefined ? snapshot : { ...snapshot, incident: { name, status: stored.status } };
}

/** What was done is done: a log that cannot be written keeps nobody from looking after the stack. */
async function auditOutcome(
  deps: StackDeps,
  { namespace, client, incident }: Snapshot,
  { action, target, by, outcome }: Attempt,
  { log }: Context,
): Promise<void> {
  try {
    await deps.audit.append({
      run: namespace.runId ?? "",
      namespace: namespace.name,
      client,
      incident: incident?.name ?? "",
      actor: by,
      action: action === "replace-stuck-pod" ? "restart-pod" : action,
      arguments: { target },
      stage: "outcome",
      decision: { allowed: true, why: "begun before; its answer was lost" },
      result: `${outcome}: found so in the cluster`,
    });
  } catch (error) {
    log.error("audit log cannot be written", { incident: incident?.name, error: messageOf(error) });
  }
}
