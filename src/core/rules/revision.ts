import type { Finding } from "../finding.ts";
import { containersOf } from "../intent.ts";
import { driftOf, dryRunFor } from "../drift.ts";
import type { PodState } from "../snapshot.ts";
import { brokenPods } from "../stack-view.ts";
import type { SetView, StackView } from "../stack-view.ts";
import { Durations, podFinding, withPatience } from "./rule.ts";

/**
 * Pods that their StatefulSet will not replace by itself: stuck on an older revision (kubernetes/kubernetes#67250), or
 * changed after they were made. Only where the intent is declared, readable and met by the StatefulSet itself.
 */
export function revisionFindings(view: StackView, own: SetView): Finding[] {
  const { set, parsed } = own;
  const dryRun = dryRunFor(own, view.snapshot);
  const verified = parsed.declared && parsed.problems.length === 0 && dryRun?.ok !== false;
  if (!verified || driftOf(own, view.snapshot) !== undefined) return [];
  if (set.observedGeneration < set.generation) return [notObserved(own, view.snapshot.at)];
  return brokenPods(own).flatMap((pod) => podRevision(own, pod));
}

function notObserved({ set }: SetView, at: number): Finding {
  const message = `the StatefulSet controller has not taken in the newest spec of ${set.name}`;
  const subject = `StatefulSet/${set.name}`;
  const finding = {
    reason: "Starting",
    subject,
    message,
    since: set.specChangedAt,
    terminal: false,
  } as const;
  return withPatience(finding, at, Durations.MINUTE);
}

function podRevision({ set }: SetView, pod: PodState): Finding[] {
  if (pod.deletionAt !== undefined || pod.revision === "") return [];
  if (pod.revision === set.updateRevision) return podDrift(set.template, pod);
  const older = `${pod.name} is on revision ${pod.revision}, its StatefulSet on ${set.updateRevision}`;
  if (set.partition > pod.ordinal) {
    const message = `${older}, and the update partition ${set.partition} keeps it there`;
    return [podFinding(pod, { reason: "PartitionHeld", class: "beyond", message, since: set.specChangedAt })];
  }
  const message = `${older}; a StatefulSet does not replace a pod that never became ready`;
  return [podFinding(pod, { reason: "StaleRevision", class: "drift", message, since: set.specChangedAt })];
}

/** A pod's image can be changed in place; its StatefulSet never notices. */
function podDrift(template: SetView["set"]["template"], pod: PodState): Finding[] {
  const changed = containersOf(template).flatMap((declared) => {
    const { name, image } = declared;
    const live = pod.containers.find((container) => !container.init && container.name === name);
    const differs = live !== undefined && typeof image === "string" && live.image !== image;
    return differs && !live.ready ? [`${live.name}: ${live.image} → ${image}`] : [];
  });
  if (changed.length === 0) return [];
  const message = `${pod.name} differs from the template it was made from: ${changed.join("; ")}`;
  return [podFinding(pod, { reason: "PodDrift", class: "drift", message, since: pod.createdAt })];
}
