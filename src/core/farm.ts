import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import type { Policy } from "./policy.ts";
import { lookAt } from "./progress.ts";
import type { FarmState, Snapshot } from "./snapshot.ts";
import { viewOf } from "./stack-view.ts";

/** An incident this old no longer counts as trouble "at once". */
const AT_ONCE_MS = 10 * 60_000;

/** How many watched stacks whose tests have not started are in which trouble, judged from the caches alone. */
export function farmState(snapshots: readonly Snapshot[], policy: Policy): FarmState {
  const counts: Record<string, number> = {};
  let stacks = 1;
  for (const snapshot of snapshots) {
    const view = viewOf(snapshot);
    if (view.testsStarted || snapshot.namespace.terminating) continue;
    stacks += 1;
    for (const reason of reasonsOf(snapshot, policy)) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return { stacks, stacksBySymptom: counts };
}

function reasonsOf(snapshot: Snapshot, policy: Policy): ReadonlySet<string> {
  const view = viewOf(snapshot);
  const { incident, at } = snapshot;
  const reasons = new Set<string>();
  const detected = incident?.status.times.Detected;
  if (
    incident !== undefined &&
    incident.status.phase !== "Resolved" &&
    detected !== undefined &&
    at - detected < AT_ONCE_MS
  ) {
    const symptom = symptomOf(incident.status.findings);
    if (symptom !== undefined) reasons.add(symptom);
  }
  if (!view.ready && at >= lookAt(view, policy.debounceMs)) {
    const symptom = symptomOf(diagnose(view, policy));
    if (symptom !== undefined) reasons.add(symptom);
  }
  return reasons;
}

/** What ails a stack, apart from what its intent says: the same for all stacks that one cause has hit. */
export function symptomOf(findings: readonly Finding[]): string | undefined {
  const symptom = findings.find(
    (finding) => finding.class !== "drift" && finding.class !== "intent" && finding.reason !== "Starting",
  );
  return (symptom ?? findings[0])?.reason;
}
