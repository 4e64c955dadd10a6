import type { Finding, FindingClass, Reason } from "../finding.ts";
import { condition } from "../stack-view.ts";
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
export function withPatience(finding: Omit<Finding, "class">, at: number, patienceMs: number): Finding {
  const patienceUntil = finding.since + patienceMs;
  return at < patienceUntil ? { ...finding, class: "wait", patienceUntil } : { ...finding, class: "beyond" };
}

/** The finding about a pod, with patience. */
export function patient(
  pod: PodState,
  at: number,
  verdict: Omit<Verdict, "class">,
  patienceMs: number,
): Finding {
  return withPatience({ subject: `Pod/${pod.name}`, terminal: false, ...verdict }, at, patienceMs);
}

/** When the pod got its node; the time that it waited for one counts against the scheduler only. */
export function scheduledAt(pod: PodState): number {
  return condition(pod, "PodScheduled")?.since ?? pod.createdAt;
}

/** When the pod last got further on its node: got there, or one of its containers ended. */
export function lastStepAt(pod: PodState): number {
  const ends = pod.containers.flatMap(({ terminated, lastTerminated }) => [terminated, lastTerminated]);
  return Math.max(scheduledAt(pod), ...ends.flatMap((ended) => (ended ? [ended.finishedAt] : [])));
}

/** The databases that a server depends on; a database depends on nothing. */
export function databasesOf({ view, own }: Pick<Case, "view" | "own">): readonly SetView[] {
  return own.set.role === "server" ? view.sets.filter(({ set }) => set.role === "db") : [];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
export const Durations = { SECOND, MINUTE } as const;

/** A message cut to a length that people read. */
export function brief(message: string, length = 300): string {
  const flat = message.replaceAll(/\s+/g, " ").trim();
  return flat.length > length ? `${flat.slice(0, length - 3)}...` : flat;
}
