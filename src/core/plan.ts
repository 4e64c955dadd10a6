import { targetOf } from "./action.ts";
import type { Action } from "./action.ts";
import { diagnose } from "./diagnose.ts";
import { driftOf, dryRunFor, reconcileAction } from "./drift.ts";
import { symptomOf } from "./farm.ts";
import type { Finding, Reason } from "./finding.ts";
import { isClosed } from "./incident.ts";
import type { Attempt } from "./incident.ts";
import { attemptName, owesReplacement, repeats } from "./attempt.ts";
import { orInvestigate, underWay } from "./investigation.ts";
import { permit } from "./permit.ts";
import type { Permission } from "./permission.ts";
import type { Policy } from "./policy.ts";
import { lookAt } from "./progress.ts";
import type { DryRun, Snapshot } from "./snapshot.ts";
import { readySince, viewOf } from "./stack-view.ts";
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
  /** Beyond the playbook: ask a model, within its limits, before people are asked. */
  | { readonly kind: "investigate"; readonly reason: Reason; readonly rootCause: string }
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
  const settled = outsidePlan(view) ?? readyPlan(view, policy) ?? underWay(view);
  if (settled !== undefined) return { findings: [], plan: settled };
  const due = lookAt(view, policy.debounceMs);
  if (snapshot.at < due) return { findings: [], plan: { kind: "wait", until: due, why: "coming up" } };
  if (!snapshot.detailed) return { findings: [], plan: { kind: "look" } };
  const findings = diagnose(view, policy);
  return { findings, plan: troublePlan(view, policy, findings) };
}

/** True when only the want of a model sends this stack to people without an episode. */
export function lacksModel(snapshot: Snapshot, policy: Policy): boolean {
  return !policy.tier2 && decide(snapshot, { ...policy, tier2: true }).plan.kind === "investigate";
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
  const noted = incident.status.readySince;
  // An episode that is under way says its last word first; its cost belongs to this incident.
  const open = noted === undefined || underWay(view) !== undefined;
  if (open) return { kind: "verify", until: at + policy.verifyMs };
  // A relapse that nobody saw, because the medic was away, shows in the pods' own times.
  const until = Math.max(noted, ...view.sets.map(readySince)) + policy.verifyMs;
  return at < until
    ? { kind: "verify", until }
    : { kind: "close", phase: "Resolved", why: "ready and it held" };
}

function troublePlan(view: StackView, policy: Policy, findings: readonly Finding[]): Plan {
  const [repair] = findings.flatMap((finding) =>
    finding.class === "drift" ? actionsFor(view, finding).map((action) => ({ action, finding })) : [],
  );
  if (repair !== undefined) return repairPlan(view, policy, repair, findings);
  const { at } = view.snapshot;
  // Whether it has drifted is not known, so neither is whether it is beyond the playbook.
  if (view.sets.some((own) => changedWhileRead(dryRunFor(own, view.snapshot))))
    return { kind: "wait", until: at + RECHECK_MS, why: "the stack changed while it was read" };
  const waiting = findings.filter((finding) => finding.class === "wait");
  const beyond = findings.some((finding) => finding.class === "beyond");
  if (waiting.length > 0 && !beyond) return waitPlan(waiting, at);
  return orInvestigate(view, policy, escalation(findings, ofThisOutage(view)), findings);
}

function changedWhileRead(dryRun: DryRun | undefined): boolean {
  return dryRun?.ok === false && (dryRun.code === 404 || dryRun.code === 409);
}

/** Until the first of what is waited for has had its time. */
function waitPlan(waiting: readonly Finding[], at: number): Plan {
  return waiting
    .map(({ patienceUntil, message }) => ({
      kind: "wait" as const,
      until: Math.max(patienceUntil ?? at + RECHECK_MS, at + 1),
      why: message,
    }))
    .reduce((first, next) => (next.until < first.until ? next : first));
}

interface Repair {
  readonly action: Action;
  readonly finding: Finding;
}

function repairPlan(
  view: StackView,
  policy: Policy,
  { action, finding }: Repair,
  findings: readonly Finding[],
): Plan {
  const cameBack = (view.snapshot.incident?.status.attempts ?? []).find((attempt) =>
    repeats(attempt, action),
  );
  if (cameBack !== undefined) {
    const rootCause = `${finding.message}; this was repaired before and has come back, so something else keeps changing it`;
    return orInvestigate(view, policy, { kind: "escalate", reason: "RepairDidNotHold", rootCause }, findings);
  }
  const failures = failuresOf(view, action);
  if (failures.length >= FAILURES_ENOUGH) {
    const rootCause = `${finding.message}; the repair failed ${failures.length} times: ${failures.slice(-1).join("")}`;
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

/** What repairs a finding of class `drift`: one action. */
function actionsFor(view: StackView, { subject, reason }: Finding): readonly Action[] {
  const { namespace, incident } = view.snapshot;
  return view.sets.flatMap((own): readonly Action[] => {
    const { set, pods } = own;
    const drift = subject === `StatefulSet/${set.name}` ? driftOf(own, view.snapshot) : undefined;
    if (drift !== undefined) return [reconcileAction(own, drift, namespace.name)];
    const attempts = incident?.status.attempts ?? [];
    return pods
      .filter((pod) => subject === `Pod/${pod.name}`)
      .map((pod) => ({
        kind: "restart-pod",
        namespace: namespace.name,
        statefulSet: set.name,
        pod: pod.name,
        uid: pod.uid,
        completesReconcile: reason === "StaleRevision" && owesReplacement(attempts, set.name, pod.name),
      }));
  });
}

/** What an incident that is over needed explains nothing about the next one. */
function ofThisOutage({ snapshot }: StackView): readonly Attempt[] {
  const { incident } = snapshot;
  return incident === undefined || isClosed(incident.status.phase) ? [] : incident.status.attempts;
}

/** What came of every try of this action that failed. */
function failuresOf(view: StackView, action: Action): readonly string[] {
  return ofThisOutage(view)
    .filter(
      (attempt) =>
        attempt.outcome === "failed" &&
        attempt.action === attemptName(action) &&
        attempt.target === targetOf(action),
    )
    .map(({ detail }) => detail);
}

/** Hand it to people: the reason, and every finding as one root cause. */
function escalation(findings: readonly Finding[], attempts: readonly Attempt[]): Plan & { kind: "escalate" } {
  const unusable = findings.filter(({ reason }) =>
    /^Intent(Invalid|Ambiguous|Conflict|Rejected)$/.test(reason),
  );
  const beyond = findings.filter((finding) => finding.class === "beyond");
  // A stack that is not ready always has a finding.
  const [main] = [...unusable, ...beyond, ...findings] as [Finding];
  const others = findings.filter((finding) => finding !== main && finding.class !== "wait");
  const rootCause = [main, ...others]
    .slice(0, 3)
    .map(({ message }) => message)
    .join("; ");
  const last = attempts.findLast(({ outcome }) => outcome === "applied");
  return last === undefined
    ? { kind: "escalate", reason: main.reason, rootCause }
    : { kind: "escalate", reason: "RepairDidNotHold", rootCause: `after ${last.action}: ${rootCause}` };
}
