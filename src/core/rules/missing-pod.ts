import type { Finding } from "../finding.ts";
import { isReady } from "../stack-view.ts";
import type { SetView, StackView } from "../stack-view.ts";
import { brief, Durations, withPatience } from "./rule.ts";

const { SECOND, MINUTE } = Durations;

/** What the API server said when the StatefulSet controller tried to make the pod, and how long it may take to pass. */
const CAUSES: readonly (readonly [RegExp, number])[] = [
  [/exceeded quota/i, 5 * MINUTE],
  [/failed calling webhook/i, 3 * MINUTE],
  [/error looking up service account/i, 30 * SECOND],
];

/** A StatefulSet that has fewer pods than it should; its own events are the only place that says why. */
export function missingPodFinding(view: StackView, own: SetView): Finding | undefined {
  const { set } = own;
  const first = firstMissing(own);
  const blocked = own.pods.some((pod) => pod.ordinal < first && !isReady(pod));
  if (first >= own.wanted || blocked || set.replicas <= first) return undefined;
  const last = view.snapshot.events.findLast(
    ({ uid, reason }) => uid === set.uid && (reason === "FailedCreate" || reason === "SuccessfulCreate"),
  );
  const refused = last?.reason === "FailedCreate" ? last : undefined;
  const since = Math.max(set.specChangedAt, set.statusChangedAt ?? 0);
  const subject = `StatefulSet/${set.name}`;
  if (refused === undefined) {
    const message = `${set.name} asks for ${set.replicas} pods and has ${own.pods.length}; no event says why`;
    return withPatience(
      { reason: "PodMissing", subject, message, since, terminal: false },
      view.snapshot.at,
      MINUTE,
    );
  }
  const patience = CAUSES.find(([pattern]) => pattern.test(refused.message))?.[1] ?? 20 * SECOND;
  const message = `the API server refuses the pod of ${set.name}: ${brief(refused.message)}`;
  return withPatience(
    { reason: "PodCreateForbidden", subject, message, since, terminal: false },
    view.snapshot.at,
    patience,
  );
}

/** Counted, not made: a StatefulSet may ask for as many pods as a number can say. */
function firstMissing({ pods }: SetView): number {
  const there = new Set(pods.map(({ ordinal }) => ordinal));
  let ordinal = 0;
  while (there.has(ordinal)) ordinal += 1;
  return ordinal;
}
