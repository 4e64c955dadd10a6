import { targetOf } from "./action.ts";
import type { Action } from "./action.ts";
import { diagnose } from "./diagnose.ts";
import { driftOf, reconcileAction } from "./drift.ts";
import { symptomOf } from "./farm.ts";
import type { Finding, Reason } from "./finding.ts";
import { isClosed } from "./incident.ts";
import type { Attempt, IncidentStatus } from "./incident.ts";
import { owesReplacement, permit } from "./permit.ts";
import type { Permission } from "./permit.ts";
import type { Policy } from "./policy.ts";
import { lookAt } from "./progress.ts";
import type { Snapshot } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";
import type { StackView } from "./stack-view.ts";

/** What to do about a stack now. Times are epoch milliseconds. */
export type Plan =
  /** Nothing to do, nothing to remember. */
  | { readonly kind: "none"; readonly why: string }
  /** Look again then, or when something changes. */
  | { readonly kind: "wait"; readonly until: number; readonly why: string }
  /** Hands off: someone asked, or people have it. */
  | { readonly kind: "hold"; readonly why: string }
  /** The caches say trouble; read the details before deciding. Only from a snapshot without details. */
  | { readonly kind: "look" }
  | { readonly kind: "remediate"; readonly action: Action; readonly finding: Finding }
  | {
      readonly kind: "escalate";
      readonly reason: Reason;
      readonly rootCause: string;
      readonly refused?: Refused;
    }
  /** Ready after a repair; must stay so until then. */
  | { readonly kind: "verify"; readonly until: number }
  | { readonly kind: "close"; readonly phase: "Resolved" | "Gone"; readonly why: string };

/** A repair that is known and may not be done. */
export interface Refused {
  readonly action: Action;
  readonly permission: Permission & { readonly allowed: false };
}

export interface Decision {
  readonly findings: readonly Finding[];
  readonly plan: Plan;
}

/** How soon to look again at something that waits without a deadline of its own, in milliseconds. */
const RECHECK_MS = 5_000;
/** A write that the server refused this often will not be accepted. */
const FAILURES_ENOUGH = 3;

/** The whole judgement: a pure function of what is known and the policy. */
export function decide(snapshot: Snapshot, policy: Policy): Decision {
  const view = viewOf(snapshot);
  const settled = outsidePlan(view) ?? readyPlan(view, policy);
  if (settled !== undefined) return { findings: [], plan: settled };
  const due = lookAt(view, policy.debounceMs);
  if (snapshot.at < due) return { findings: [], plan: { kind: "wait", until: due, why: "coming up" } };
  if (!snapshot.detailed) return { findings: [], plan: { kind: "look" } };
  const findings = diagnose(view, policy);
  return { findings, plan: troublePlan(view, policy, findings) };
}

/** Whatever the stack's health: not ours, gone, its tests run, someone has it. */
function outsidePlan(view: StackView): Plan | undefined {
  const { namespace, incident } = view.snapshot;
  const open = incident !== undefined && !isClosed(incident.status.phase);
  const leave = (why: string, phase: "Resolved" | "Gone" = "Gone"): Plan =>
    open ? { kind: "close", phase, why } : { kind: "none", why };
  if (view.sets.length === 0) return leave("the stack is gone");
  if (!namespace.watched) return leave("the namespace is not watched");
  if (namespace.terminating) return leave("the namespace is being deleted");
  if (view.sets.every(({ set }) => set.terminating)) return leave("the stack is being deleted");
  if (view.testsStarted) return leave("the tests have started", view.ready ? "Resolved" : "Gone");
  if (incident?.status.phase === "Escalated") return { kind: "hold", why: "handed to people" };
  if (view.paused !== undefined) return { kind: "hold", why: `paused: ${view.paused}` };
  return undefined;
}

function readyPlan(view: StackView, policy: Policy): Plan | undefined {
  if (!view.ready) return undefined;
  const { incident, at } = view.snapshot;
  if (incident === undefined || isClosed(incident.status.phase)) return { kind: "none", why: "ready" };
  const since = incident.status.readySince;
  if (since === undefined) return { kind: "verify", until: at + policy.verifyMs };
  const until = since + policy.verifyMs;
  return at < until
    ? { kind: "verify", until }
    : { kind: "close", phase: "Resolved", why: "ready and it held" };
}

function troublePlan(view: StackView, policy: Policy, findings: readonly Finding[]): Plan {
  const drift = findings.find((finding) => finding.class === "drift");
  if (drift !== undefined) return repairPlan(view, policy, drift, findings);
  const beyond = findings.filter((finding) => finding.class === "beyond");
  const waiting = findings.filter((finding) => finding.class === "wait");
  if (beyond.length === 0 && waiting.length > 0) return waitPlan(waiting, view.snapshot.at);
  return escalation(findings, view.snapshot.incident?.status);
}

function waitPlan(waiting: readonly Finding[], at: number): Plan {
  const deadlines = waiting.map(({ patienceUntil }) => patienceUntil ?? at + RECHECK_MS);
  const [first] = waiting;
  return { kind: "wait", until: Math.max(Math.min(...deadlines), at + 1), why: first?.message ?? "waiting" };
}

function repairPlan(view: StackView, policy: Policy, finding: Finding, findings: readonly Finding[]): Plan {
  const action = actionFor(view, finding);
  if (action === undefined) return escalation(findings, view.snapshot.incident?.status);
  const cameBack = (view.snapshot.incident?.status.attempts ?? []).find((attempt) =>
    repeats(attempt, action),
  );
  if (cameBack !== undefined) {
    const rootCause = `${finding.message}; this was repaired before and has come back, so something else keeps changing it`;
    return { kind: "escalate", reason: "RepairDidNotHold", rootCause };
  }
  const failures = failedAttempts(view, action);
  if (failures.length >= FAILURES_ENOUGH) {
    const rootCause = `${finding.message}; the repair failed ${failures.length} times: ${failures.at(-1)?.detail ?? ""}`;
    return { kind: "escalate", reason: "RepairRefused", rootCause };
  }
  const permission = permit(action, view, policy, symptomOf(findings));
  if (permission.allowed) return { kind: "remediate", action, finding };
  return {
    kind: "escalate",
    reason:
      permission.code === "ObserveOnly" || permission.code === "Storm" ? finding.reason : "RepairRefused",
    rootCause: `${finding.message}; not repaired: ${permission.why}`,
    refused: { action, permission },
  };
}

/** The action that repairs a finding of class `drift`. */
function actionFor(view: StackView, finding: Finding): Action | undefined {
  const { namespace } = view.snapshot;
  for (const own of view.sets) {
    const pod = own.pods.find(({ name }) => finding.subject === `Pod/${name}`);
    if (pod !== undefined) {
      const attempts = view.snapshot.incident?.status.attempts ?? [];
      const completesReconcile =
        finding.reason === "StaleRevision" && owesReplacement(attempts, own.set.name, pod.name);
      return {
        kind: "restart-pod",
        namespace: namespace.name,
        statefulSet: own.set.name,
        pod: pod.name,
        uid: pod.uid,
        completesReconcile,
      };
    }
    const drift = finding.subject === `StatefulSet/${own.set.name}` ? driftOf(own, view.snapshot) : undefined;
    if (drift !== undefined) return reconcileAction(own, drift, namespace.name);
  }
  return undefined;
}

/** The same repair was applied before. A stuck pod may be replaced once for each reconcile. */
function repeats(attempt: Attempt, action: Action): boolean {
  const name = attemptName(action);
  const same =
    attempt.action === name &&
    attempt.target === targetOf(action) &&
    attempt.detail === attemptDetail(action);
  return same && attempt.outcome === "applied" && name !== "replace-stuck-pod";
}

function failedAttempts(view: StackView, action: Action): readonly Attempt[] {
  return (view.snapshot.incident?.status.attempts ?? []).filter(
    (attempt) =>
      attempt.outcome === "failed" &&
      attempt.action === attemptName(action) &&
      attempt.target === targetOf(action),
  );
}

/** The name of an action in the Incident and the audit log. */
export function attemptName(action: Action): string {
  return action.kind === "restart-pod" && action.completesReconcile ? "replace-stuck-pod" : action.kind;
}

/** What an attempt says it changes; equal for equal repairs. */
export function attemptDetail(action: Action): string {
  return action.kind === "reconcile-to-intent"
    ? action.changes.join("; ")
    : `delete pod ${action.pod} so that ${action.statefulSet} makes it anew`;
}

/** Hand it to people: the reason, and every finding as one root cause. */
function escalation(findings: readonly Finding[], status: IncidentStatus | undefined): Plan {
  const unusable = findings.find(({ reason }) =>
    /^Intent(Invalid|Ambiguous|Conflict|Rejected)$/.test(reason),
  );
  const main = unusable ?? findings.find((finding) => finding.class === "beyond") ?? findings[0];
  const others = findings.filter((finding) => finding !== main && finding.class !== "wait");
  const told = [main, ...others]
    .flatMap((finding) => (finding === undefined ? [] : [finding.message]))
    .slice(0, 3);
  const tried = (status?.attempts ?? []).filter(({ outcome }) => outcome === "applied");
  const rootCause = told.join("; ");
  if (tried.length === 0) return { kind: "escalate", reason: main?.reason ?? "NotReady", rootCause };
  const last = tried.at(-1)?.action ?? "the repair";
  return { kind: "escalate", reason: "RepairDidNotHold", rootCause: `after ${last}: ${rootCause}` };
}
