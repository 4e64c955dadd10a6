import { targetOf } from "../core/action.ts";
import type { Action } from "../core/action.ts";
import { attemptDetail, attemptName } from "../core/attempt.ts";
import { acted } from "../core/announcement.ts";
import type { Attempt, Incident } from "../core/incident.ts";
import { permit } from "../core/permit.ts";
import { refuse } from "../core/permission.ts";
import type { Permission } from "../core/permission.ts";
import type { Policy } from "../core/policy.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { viewOf } from "../core/stack-view.ts";
import { entered, withAttempt } from "./incident-log.ts";
import type { IncidentLog } from "./incident-log.ts";
import type {
  ActionResult,
  Announcer,
  Audit,
  AuditEntry,
  Call,
  Clock,
  Cluster,
  Log,
  Telemetry,
} from "./ports.ts";

export interface ActDeps {
  readonly cluster: Cluster;
  readonly incidentLog: IncidentLog;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly policy: Policy;
  readonly announcer: Announcer;
}

/** What somebody wants done for an incident. */
export interface Proposal {
  readonly incident: Incident;
  readonly action: Action;
  readonly by: Attempt["by"];
  /** In whose words, for the audit log. */
  readonly reason?: string;
}

export type Acted =
  | { readonly did: "refused"; readonly permission: Permission & { readonly allowed: false } }
  /** The audit log could not be written, so nothing was done. */
  | { readonly did: "unaudited"; readonly error: unknown; readonly attempt: Attempt }
  | { readonly did: "done"; readonly result: ActionResult };

interface Context {
  readonly call: Call;
  readonly log: Log;
}

/**
 * The one way to a write, for either tier: the attempt is in the Incident and in the audit log before it is made; the
 * stack is read again and the permit asked again right before the write, which itself carries preconditions. Rejects when
 * no answer came: the attempt stays pending, and a later pass settles it by what the cluster shows.
 */
export async function act(deps: ActDeps, proposal: Proposal, { call, log }: Context): Promise<Acted> {
  const { incident, action } = proposal;
  const attempt = attemptOf(proposal, deps.clock.now());
  await record(deps, incident, attempt, call);
  const { permission, fresh } = await askAgain(deps, proposal, call);
  if (!permission.allowed || fresh === undefined)
    return refused(deps, proposal, { attempt, permission }, call);
  const decision = { allowed: true, why: permission.why };
  try {
    await deps.audit.append(entryOf(proposal, { stage: "intent", decision }));
  } catch (error) {
    return { did: "unaudited", error, attempt };
  }
  const result = await deps.cluster.execute(action, fresh, call);
  deps.telemetry.acted(action.kind, result.outcome);
  log.info("acted", {
    incident: incident.name,
    action: attempt.action,
    target: attempt.target,
    by: attempt.by,
    outcome: result.outcome,
    detail: result.detail,
  });
  await deps.audit.append(
    entryOf(proposal, { stage: "outcome", decision, result: `${result.outcome}: ${result.detail}` }),
  );
  await record(deps, incident, completed(attempt, result), call);
  if (result.outcome === "applied")
    await deps.announcer.announce(incident, acted(attempt.by, attempt.action, attempt.target), call);
  return { did: "done", result };
}

interface SecondLook {
  readonly permission: Permission;
  readonly fresh: Snapshot | undefined;
}

async function askAgain(deps: ActDeps, { action, by, incident }: Proposal, call: Call): Promise<SecondLook> {
  const stack = { namespace: incident.spec.namespace, client: incident.spec.client };
  // What only a model asks for needs the closer look to be judged.
  const fresh = await (by === "agent" ? deps.cluster.examine(stack, call) : deps.cluster.gather(stack, call));
  if (fresh === undefined) return { permission: refuse("OutOfScope", "The stack is gone."), fresh };
  // The attempt that is being asked about may be in the incident already; it does not count against itself.
  const status = fresh.incident?.status ?? incident.status;
  const attempts = status.attempts.filter(({ outcome }) => outcome !== "pending");
  const view = viewOf({ ...fresh, incident: { name: incident.name, status: { ...status, attempts } } });
  return { permission: permit(action, view, deps.policy), fresh };
}

async function refused(
  deps: ActDeps,
  proposal: Proposal,
  { attempt, permission }: { attempt: Attempt; permission: Permission },
  call: Call,
): Promise<Acted> {
  const refusal = permission.allowed ? refuse("OutOfScope") : permission;
  deps.telemetry.refused(proposal.action.kind, refusal.code);
  await deps.audit.append(
    entryOf(proposal, { stage: "refused", decision: { allowed: false, why: refusal.why } }),
  );
  const observed = refusal.code === "ObserveOnly";
  await record(
    deps,
    proposal.incident,
    {
      ...attempt,
      outcome: observed ? "observed" : "refused",
      detail: observed ? `would have done: ${attempt.detail}` : refusal.why,
    },
    call,
  );
  return { did: "refused", permission: refusal };
}

function attemptOf({ action, by }: Proposal, at: number): Attempt {
  return {
    action: attemptName(action),
    target: targetOf(action),
    by,
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

/** The attempt in the Incident; one that took effect is verified from now on. */
export async function record(
  deps: Pick<ActDeps, "incidentLog" | "clock">,
  incident: Incident,
  attempt: Attempt,
  call: Call,
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

function entryOf(
  { incident, action, by, reason }: Proposal,
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
    actor: by,
    action: kind,
    arguments: reason === undefined ? told : { ...told, reason },
    ...rest,
  };
}
