import type { Finding } from "../core/finding.ts";
import { isClosed } from "../core/incident.ts";
import type { Attempt, Incident } from "../core/incident.ts";
import type { Decision, Plan } from "../core/plan.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { messageOf } from "../lib/medic-error.ts";
import { act, record } from "./act.ts";
import { escalate } from "./escalate.ts";
import type { Account } from "./incident-log.ts";
import type { Again, Context, StackDeps } from "./stack-controller.ts";

/** How soon to look after a write; the watch usually reports sooner. */
const LOOK_AFTER_WRITE_MS = 1_000;

/** Tier 1: one repair, through the one way to a write. */
export async function remediate(
  deps: StackDeps,
  snapshot: Snapshot,
  decision: Decision,
  context: Context,
): Promise<Again> {
  const plan = decision.plan as Plan & { kind: "remediate" };
  const { call } = context;
  const account = accountOf(snapshot, plan, decision.findings);
  const incident = await deps.incidentLog.open(snapshot, account, call);
  if (incident.status.phase !== "Remediating") return LOOK_AFTER_WRITE_MS;
  await deps.decisions.record(incident.name, { snapshot, policy: deps.policy, decision });
  const acted = await act(deps, { incident, action: plan.action, by: "playbook" }, context);
  return acted.did === "unaudited"
    ? unaudited(deps, snapshot, { decision, plan, incident, ...acted }, context)
    : LOOK_AFTER_WRITE_MS;
}

/** What is found after a repair has begun is part of the same outage: the first account stays. */
function accountOf(
  { incident }: Snapshot,
  { finding }: Plan & { kind: "remediate" },
  findings: readonly Finding[],
): Account {
  const phase = "Remediating";
  if (incident === undefined || isClosed(incident.status.phase) || incident.status.attempts.length === 0) {
    return { phase, reason: finding.reason, rootCause: finding.message, findings };
  }
  const { reason, rootCause, findings: first } = incident.status;
  return { phase, reason, rootCause, findings: first };
}

interface Unaudited {
  readonly decision: Decision;
  readonly plan: Plan & { kind: "remediate" };
  readonly incident: Incident;
  readonly attempt: Attempt;
  readonly error: unknown;
}

/** What cannot be audited is not done; the stack goes to people instead of going silent. */
async function unaudited(
  deps: StackDeps,
  snapshot: Snapshot,
  { decision, plan, incident, attempt, error }: Unaudited,
  context: Context,
): Promise<Again> {
  context.log.error("audit log cannot be written; nothing was done", {
    incident: incident.name,
    error: messageOf(error),
  });
  const why = `not repaired: the audit log cannot be written (${messageOf(error)})`;
  await record(deps, incident, { ...attempt, outcome: "refused", detail: why }, context.call);
  const rootCause = `${plan.finding.message}; ${why}`;
  const known = { ...snapshot, incident: { name: incident.name, status: incident.status } };
  return escalate(
    deps,
    known,
    { ...decision, plan: { kind: "escalate", reason: "RepairRefused", rootCause } },
    context,
  );
}
