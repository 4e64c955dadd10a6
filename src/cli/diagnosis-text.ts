import { targetOf } from "../core/action.ts";
import { attemptName } from "../core/attempt.ts";
import type { Plan } from "../core/plan.ts";
import type { Diagnosis } from "./diagnose.ts";

/** The diagnoses as people read them: a line for each stack, its findings and the plan under it. */
export function describeDiagnosis(diagnoses: readonly Diagnosis[]): string {
  if (diagnoses.length === 0)
    return "No stacks: no namespace labelled medic/watch=true has StatefulSets labelled medic/client.\n";
  const width = Math.max(...diagnoses.map(({ namespace, client }) => namespace.length + client.length + 1));
  return `${diagnoses.map((diagnosis) => describeOne(diagnosis, width)).join("\n")}\n`;
}

function describeOne({ namespace, client, state, findings, plan }: Diagnosis, width: number): string {
  const head = `${`${namespace}/${client}`.padEnd(width)}  ${state.padEnd(13)}  ${planLine(plan)}`;
  const body = findings.map(
    (finding) => `    ${finding.reason.padEnd(22)} ${finding.subject.padEnd(24)} ${finding.message}`,
  );
  return [head, ...body, ...changes(plan)].join("\n");
}

function planLine(plan: Plan): string {
  switch (plan.kind) {
    case "none":
    case "hold":
      return `leave alone (${plan.why})`;
    case "wait":
      return `wait until ${new Date(plan.until).toISOString()} (${plan.why})`;
    case "verify":
      return `ready after a repair; must hold until ${new Date(plan.until).toISOString()}`;
    case "close":
      return `close the incident as ${plan.phase} (${plan.why})`;
    case "look":
      return "look closer";
    case "remediate":
      return `repair: ${attemptName(plan.action)} ${targetOf(plan.action)}`;
    case "investigate":
      return `ask a model: ${plan.reason}`;
    case "escalate":
      return `escalate: ${plan.reason}`;
  }
}

function changes(plan: Plan): string[] {
  if (plan.kind === "escalate" || plan.kind === "investigate") return [`    root cause: ${plan.rootCause}`];
  return plan.kind === "remediate" && plan.action.kind === "reconcile-to-intent"
    ? plan.action.changes.map((change) => `    → ${change}`)
    : [];
}
