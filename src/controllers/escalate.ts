import { escalated } from "../core/announcement.ts";
import { targetOf } from "../core/action.ts";
import { eventLines } from "../core/escalation-message.ts";
import type { Incident } from "../core/incident.ts";
import { messageIdOf } from "../core/message-id.ts";
import { attemptDetail, attemptName } from "../core/attempt.ts";
import { lacksModel } from "../core/plan.ts";
import type { Decision, Plan, Refused } from "../core/plan.ts";
import { symptomOf } from "../core/farm.ts";
import { isStorm } from "../core/permit.ts";
import type { EscalationRecord } from "../core/incident.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { messageOf } from "../lib/medic-error.ts";
import { entered, withAttempt } from "./incident-log.ts";
import { announce } from "./announce.ts";
import type { Again, Context, StackDeps } from "./stack-controller.ts";
import { joinStorm } from "./storm.ts";

/**
 * Hands the stack to people. What makes the message be sent, once, is the record in the Incident: the outbox
 * (escalation-controller.ts) sends every one that has no `sentAt`, now or after a crash.
 */
export async function escalate(
  deps: StackDeps,
  snapshot: Snapshot,
  decision: Decision,
  { call, log }: Context,
): Promise<Again> {
  const plan = decision.plan as Plan & { kind: "escalate" };
  const account = {
    phase: "Detected",
    reason: plan.reason,
    rootCause: plan.rootCause,
    findings: decision.findings,
  } as const;
  const incident = await deps.incidentLog.open(snapshot, account, call);
  if (incident.status.phase === "Escalated") return undefined;
  await deps.decisions.record(incident.name, { snapshot, policy: deps.policy, decision });
  if (plan.refused !== undefined) await auditRefusal(deps, incident, plan.refused, log);
  const at = deps.clock.now();
  const unasked = lacksModel(snapshot, deps.policy);
  const escalation = await outboxRecord(
    deps,
    snapshot,
    { incident, symptom: symptomOf(decision.findings) },
    call,
  );
  await deps.incidentLog.change(
    incident.name,
    (status) => {
      if (status.phase === "Escalated" || status.phase === "Resolved" || status.phase === "Gone")
        return status;
      const told =
        plan.refused === undefined ? status : withAttempt(status, refusedAttempt(plan.refused, at));
      const { reason, rootCause, findings } = account;
      const next = entered(told, { phase: "Escalated", reason, rootCause, findings }, at);
      return { ...next, escalation, ...(unasked ? { wouldInvestigate: true } : {}) };
    },
    call,
  );
  await announce(deps, incident, escalated(plan.reason, plan.rootCause), call);
  log.warn("escalated", { incident: incident.name, reason: plan.reason, rootCause: plan.rootCause });
  return undefined;
}

/** The message that is owed; in a storm the farm's one message stands for this stack's too. */
async function outboxRecord(
  deps: StackDeps,
  snapshot: Snapshot,
  { incident, symptom }: { incident: Incident; symptom: string | undefined },
  call: Context["call"],
): Promise<EscalationRecord> {
  const events = eventLines(snapshot.events);
  if (symptom === undefined || !isStorm(snapshot, symptom)) {
    return { messageId: messageIdOf(incident.name, incident.spec.statefulSetUid), events };
  }
  const storm = await joinStorm(deps, snapshot, { incident, symptom }, call);
  return {
    messageId: messageIdOf(storm.name, ""),
    events,
    channel: `with ${storm.name}`,
    sentAt: deps.clock.now(),
  };
}

function refusedAttempt({ action, permission }: Refused, at: number): Parameters<typeof withAttempt>[1] {
  const observed = permission.code === "ObserveOnly";
  return {
    action: attemptName(action),
    target: targetOf(action),
    by: "playbook",
    at,
    outcome: observed ? "observed" : "refused",
    detail: observed ? `would have done: ${attemptDetail(action)}` : permission.why,
  };
}

/** A refusal is audited too, but it never keeps the message from being sent. */
async function auditRefusal(
  deps: StackDeps,
  incident: Incident,
  { action, permission }: Refused,
  log: Context["log"],
): Promise<void> {
  deps.telemetry.refused(action.kind, permission.code);
  const { runId, namespace, client } = incident.spec;
  try {
    await deps.audit.append({
      run: runId,
      namespace,
      client,
      incident: incident.name,
      actor: "playbook",
      action: action.kind,
      arguments: { target: targetOf(action), changes: attemptDetail(action) },
      stage: "refused",
      decision: { allowed: false, why: permission.why },
    });
  } catch (error) {
    log.error("audit log cannot be written", { incident: incident.name, error: messageOf(error) });
  }
}
