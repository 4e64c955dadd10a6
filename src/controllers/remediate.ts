import { targetOf } from "../core/action.ts";
import type { Action } from "../core/action.ts";
import type { Finding } from "../core/finding.ts";
import { isClosed } from "../core/incident.ts";
import type { Attempt, Incident } from "../core/incident.ts";
import { attemptDetail, attemptName } from "../core/plan.ts";
import type { Decision, Plan } from "../core/plan.ts";
import { permit } from "../core/permit.ts";
import type { Permission } from "../core/permit.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { messageOf } from "../lib/medic-error.ts";
import { entered, withAttempt } from "./incident-log.ts";
import type { Account } from "./incident-log.ts";
import type { ActionResult, AuditEntry } from "./ports.ts";
import type { Again, Context, StackDeps } from "./stack-controller.ts";
import { escalate } from "./escalate.ts";

/** How soon to look after a write; the watch usually reports sooner. */
const LOOK_AFTER_WRITE_MS = 1_000;

/**
 * Tier 1: one repair. The attempt is in the Incident and in the audit log before it is made; the stack is read again
 * and the permit asked again right before the write, which itself carries preconditions.
 */
export async function remediate(
  deps: StackDeps,
  snapshot: Snapshot,
  decision: Decision,
  context: Context,
): Promise<Again> {
  const plan = decision.plan as Plan & { kind: "remediate" };
  const { call, log } = context;
  const account = accountOf(snapshot, plan, decision.findings);
  const incident = await deps.incidentLog.open(snapshot, account, call);
  if (incident.status.phase !== "Remediating") return LOOK_AFTER_WRITE_MS;
  await deps.decisions.record(incident.name, { snapshot, policy: deps.policy, decision });
  const attempt = attemptOf(plan.action, deps.clock.now());
  await record(deps, incident, attempt, context);
  const { permission, fresh } = await askAgain(deps, plan.action, incident, context);
  if (!permission.allowed || fresh === undefined) {
    deps.telemetry.refused(plan.action.kind, permission.allowed ? "OutOfScope" : permission.code);
    await deps.audit.append(
      entryOf(incident, plan.action, { stage: "refused", decision: { allowed: false, why: permission.why } }),
    );
    await record(deps, incident, { ...attempt, outcome: "refused", detail: permission.why }, context);
    return LOOK_AFTER_WRITE_MS;
  }
  const decisionOf = { allowed: true, why: permission.why };
  try {
    await deps.audit.append(entryOf(incident, plan.action, { stage: "intent", decision: decisionOf }));
  } catch (error) {
    return unaudited(deps, snapshot, { decision, plan, incident, attempt, error }, context);
  }
  const result = await deps.cluster.execute(plan.action, fresh, call);
  deps.telemetry.acted(plan.action.kind, result.outcome);
  log.info("acted", {
    incident: incident.name,
    action: attempt.action,
    target: attempt.target,
    outcome: result.outcome,
    detail: result.detail,
  });
  await deps.audit.append(
    entryOf(incident, plan.action, {
      stage: "outcome",
      decision: decisionOf,
      result: `${result.outcome}: ${result.detail}`,
    }),
  );
  await record(deps, incident, completed(attempt, result), context);
  return LOOK_AFTER_WRITE_MS;
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

interface SecondLook {
  readonly permission: Permission;
  readonly fresh: Snapshot | undefined;
}

async function askAgain(
  deps: StackDeps,
  action: Action,
  incident: Incident,
  { call }: Context,
): Promise<SecondLook> {
  const stack = { namespace: incident.spec.namespace, client: incident.spec.client };
  const fresh = await deps.cluster.gather(stack, call);
  if (fresh === undefined)
    return { permission: { allowed: false, code: "OutOfScope", why: "The stack is gone." }, fresh };
  // The attempt that is being asked about may be in the incident already; it does not count against itself.
  const status = fresh.incident?.status ?? incident.status;
  const attempts = status.attempts.filter(({ outcome }) => outcome !== "pending");
  const view = viewOf({ ...fresh, incident: { name: incident.name, status: { ...status, attempts } } });
  return { permission: permit(action, view, deps.policy), fresh };
}

function attemptOf(action: Action, at: number): Attempt {
  return {
    action: attemptName(action),
    target: targetOf(action),
    by: "playbook",
    at,
    outcome: "pending",
    detail: attemptDetail(action),
  };
}

/** An `already` took effect as much as an `applied`; a conflict or a failure did not. */
function completed(attempt: Attempt, { outcome, detail }: ActionResult): Attempt {
  if (outcome === "applied") return { ...attempt, outcome };
  if (outcome === "already") return { ...attempt, outcome: "already" };
  return { ...attempt, outcome: "failed", detail: `${attempt.detail}; ${detail}` };
}

async function record(
  deps: StackDeps,
  incident: Incident,
  attempt: Attempt,
  { call }: Context,
): Promise<void> {
  const at = deps.clock.now();
  await deps.incidentLog.change(
    incident.name,
    (status) => {
      const next = withAttempt(status, attempt);
      return attempt.outcome === "applied" || attempt.outcome === "already"
        ? entered(next, { phase: "Verifying" }, at)
        : next;
    },
    call,
  );
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
  await record(deps, incident, { ...attempt, outcome: "refused", detail: why }, context);
  const rootCause = `${plan.finding.message}; ${why}`;
  const known = { ...snapshot, incident: { name: incident.name, status: incident.status } };
  return escalate(
    deps,
    known,
    { ...decision, plan: { kind: "escalate", reason: "RepairRefused", rootCause } },
    context,
  );
}

function entryOf(
  incident: Incident,
  action: Action,
  rest: Pick<AuditEntry, "stage" | "decision" | "result">,
): AuditEntry {
  const { runId, namespace, client } = incident.spec;
  const { kind, ...given } = action;
  const told = "expect" in given ? { ...given, expect: undefined } : given;
  return {
    run: runId,
    namespace,
    client,
    incident: incident.name,
    actor: "playbook",
    action: kind,
    arguments: told,
    ...rest,
  };
}
