import { targetOf } from "./action.ts";
import type { Action } from "./action.ts";
import type { Attempt } from "./incident.ts";

/** The name of an action in the Incident and the audit log. */
export function attemptName(action: Action): string {
  return action.kind === "restart-pod" && action.completesReconcile ? "replace-stuck-pod" : action.kind;
}

/** What an attempt says it changes; equal for equal repairs. */
export function attemptDetail(action: Action): string {
  switch (action.kind) {
    case "reconcile-to-intent":
      return action.changes.join("; ");
    case "rollback-release":
      return `back to revision ${action.revision}: ${action.changes.join("; ")}`;
    case "restart-pod":
      return `delete pod ${action.pod} so that ${action.statefulSet} makes it anew`;
    case "uncordon-node":
      return `let pods onto ${action.node} again`;
  }
}

/** The same repair was applied before. A stuck pod may be replaced once for each reconcile. */
export function repeats(attempt: Attempt, action: Action): boolean {
  const name = attemptName(action);
  const same =
    attempt.action === name &&
    attempt.target === targetOf(action) &&
    attempt.detail === attemptDetail(action);
  return same && attempt.outcome === "applied" && name !== "replace-stuck-pod";
}

/** A reconcile was carried out and its stuck pod has not been replaced for it yet. */
export function owesReplacement(attempts: readonly Attempt[], statefulSet: string, pod: string): boolean {
  const done = (actions: readonly string[], target: string): number =>
    attempts.filter(
      (attempt) =>
        actions.includes(attempt.action) && attempt.target === target && attempt.outcome === "applied",
    ).length;
  const reconciles = done(["reconcile-to-intent", "rollback-release"], `StatefulSet/${statefulSet}`);
  return reconciles > done(["replace-stuck-pod"], `Pod/${pod}`);
}

/** How many actions an incident has had: replacing the pod that a reconcile left stuck is part of that reconcile. */
export function actionsUsed(attempts: readonly Attempt[]): number {
  return attempts.filter(
    ({ action, outcome }) =>
      action !== "replace-stuck-pod" && (outcome === "applied" || outcome === "pending"),
  ).length;
}
