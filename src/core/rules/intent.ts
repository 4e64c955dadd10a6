import type { Finding } from "../finding.ts";
import { dryRunFor } from "../drift.ts";
import type { SetView, StackView } from "../stack-view.ts";
import { brief } from "./rule.ts";

/** What keeps the declared intent of a StatefulSet from being used. With any of these nothing is written to it. */
export function intentFindings(view: StackView, own: SetView): Finding[] {
  const subject = `StatefulSet/${own.set.name}`;
  const base = { class: "intent", subject, since: own.set.specChangedAt, terminal: false } as const;
  const problems = own.parsed.problems.map((problem): Finding => ({ ...base, ...problem }));
  if (!own.parsed.declared) {
    return [
      {
        ...base,
        reason: "IntentMissing",
        message: `${own.set.name} declares no intent, so nothing on it can be repaired`,
      },
    ];
  }
  return [...problems, ...dryRunProblem(view, own).map((found): Finding => ({ ...base, ...found }))];
}

function dryRunProblem(view: StackView, own: SetView): Pick<Finding, "reason" | "message">[] {
  const dryRun = dryRunFor(own, view.snapshot);
  if (dryRun === undefined || dryRun.ok || dryRun.code === 404 || dryRun.code === 409) return [];
  const said = brief(dryRun.message, 240);
  if (dryRun.code === 422 || dryRun.code === 400) {
    return [
      {
        reason: "IntentRejected",
        message: `the API server does not accept the declared template of ${own.set.name}: ${said}`,
      },
    ];
  }
  return [
    {
      reason: "IntentUnverified",
      message: `whether ${own.set.name} differs from its intent is unknown: ${said}`,
    },
  ];
}
