import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import type { Policy } from "./policy.ts";
import { lookAt } from "./progress.ts";
import type { FarmState, Snapshot } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

/** Trouble that began longer ago than this is not "at once" with what is found now. */
const AT_ONCE_MS = 2 * 60_000;

/** How many watched stacks there are, and how many came into which trouble just now, judged from the caches alone. */
export function farmState(snapshots: readonly Snapshot[], policy: Policy): FarmState {
  const counts: Record<string, number> = {};
  let stacks = 1;
  for (const snapshot of snapshots) {
    if (snapshot.namespace.terminating) continue;
    stacks += 1;
    for (const reason of reasonsOf(snapshot, policy)) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return { stacks, stacksBySymptom: counts };
}

function reasonsOf(snapshot: Snapshot, policy: Policy): ReadonlySet<string> {
  const view = viewOf(snapshot);
  const { incident, at } = snapshot;
  const detected = incident?.status.times.Detected;
  const known = incident !== undefined && incident.status.phase !== "Resolved";
  if (view.testsStarted || (known && (detected === undefined || at - detected >= AT_ONCE_MS)))
    return new Set();
  const troubled = !view.ready && at >= lookAt(view, policy.debounceMs);
  const symptoms = [
    known ? symptomOf(incident.status.findings) : undefined,
    troubled ? symptomOf(diagnose(view, policy)) : undefined,
  ];
  return new Set(symptoms.filter((symptom) => symptom !== undefined));
}

/** What ails a stack, apart from what its intent says: the same for all stacks that one cause has hit. */
export function symptomOf(findings: readonly Finding[]): string | undefined {
  const symptom = findings.find(
    (finding) => finding.class !== "drift" && finding.class !== "intent" && finding.reason !== "Starting",
  );
  return (symptom ?? findings[0])?.reason;
}
