import type { Finding } from "../finding.ts";
import type { SetView, StackView } from "../stack-view.ts";
import { brief, Durations } from "./rule.ts";

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
  const missing = Array.from({ length: own.wanted }, (_, ordinal) => ordinal).filter(
    (ordinal) => !own.pods.some((pod) => pod.ordinal === ordinal),
  );
  const blocked = own.pods.some((pod) => pod.ordinal < (missing[0] ?? 0));
  if (missing.length === 0 || blocked || set.replicas <= (missing[0] ?? 0)) return undefined;
  const refused = view.snapshot.events.findLast(
    ({ uid, reason }) => uid === set.uid && reason === "FailedCreate",
  );
  const since = set.specChangedAt;
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

function withPatience(finding: Omit<Finding, "class">, at: number, patienceMs: number): Finding {
  const patienceUntil = finding.since + patienceMs;
  return at < patienceUntil ? { ...finding, class: "wait", patienceUntil } : { ...finding, class: "beyond" };
}
