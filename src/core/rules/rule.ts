import type { Finding, FindingClass, Reason } from "../finding.ts";
import type { SetView, StackView } from "../stack-view.ts";
import type { KubeEvent, PodState } from "../snapshot.ts";

/** One pod that should be Ready and is not, with what is known about it. */
export interface Case {
  readonly view: StackView;
  readonly own: SetView;
  readonly pod: PodState;
  /** Events of exactly this pod (by UID), oldest first. */
  readonly events: readonly KubeEvent[];
  readonly at: number;
}

/** A pure judgement of one broken pod: its finding, or `undefined` when this rule has nothing to say. */
export type PodRule = (input: Case) => Finding | undefined;

interface Verdict {
  readonly reason: Reason;
  readonly class: FindingClass;
  readonly message: string;
  readonly since: number;
  readonly terminal?: boolean;
}

export function podFinding(pod: PodState, verdict: Verdict): Finding {
  return { subject: `Pod/${pod.name}`, terminal: false, ...verdict };
}

/** Waiting is right for `patienceMs` after `since`; then it is beyond the playbook. */
export function patient(
  pod: PodState,
  at: number,
  verdict: Omit<Verdict, "class">,
  patienceMs: number,
): Finding {
  const patienceUntil = verdict.since + patienceMs;
  const finding = podFinding(pod, { ...verdict, class: at < patienceUntil ? "wait" : "beyond" });
  return at < patienceUntil ? { ...finding, patienceUntil } : finding;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
export const Durations = { SECOND, MINUTE } as const;

/** A message cut to a length that people read. */
export function brief(message: string, length = 300): string {
  const flat = message.replaceAll(/\s+/g, " ").trim();
  return flat.length > length ? `${flat.slice(0, length - 3)}...` : flat;
}
