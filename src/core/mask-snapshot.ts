import { createRedactor } from "./redact.ts";
import type { ContainerState, PodState, Snapshot, TerminatedState } from "./snapshot.ts";
import { stackSecrets } from "./stack-secrets.ts";

/**
 * The snapshot with secrets masked in everything that programs and the cluster say in words: events, conditions, reasons to
 * wait, last words. Findings, messages and prompts are made of these. Templates stay as they are, for they are written back.
 */
export function maskWords(snapshot: Snapshot): Snapshot {
  const redactor = createRedactor({ known: stackSecrets(snapshot) });
  const text: Mask = (words) => redactor.text(words);
  return {
    ...snapshot,
    events: snapshot.events.map((event) => ({ ...event, message: text(event.message) })),
    pods: snapshot.pods.map((pod) => maskPod(pod, text)),
  };
}

type Mask = (text: string) => string;

function maskPod(pod: PodState, mask: Mask): PodState {
  const { statusMessage } = pod;
  return {
    ...pod,
    ...(statusMessage === undefined ? {} : { statusMessage: mask(statusMessage) }),
    conditions: pod.conditions.map((condition) =>
      condition.message === undefined ? condition : { ...condition, message: mask(condition.message) },
    ),
    containers: pod.containers.map((container) => maskContainer(container, mask)),
  };
}

function maskContainer(container: ContainerState, mask: Mask): ContainerState {
  const { waiting, terminated, lastTerminated } = container;
  return {
    ...container,
    ...(waiting === undefined ? {} : { waiting: { ...waiting, message: mask(waiting.message) } }),
    ...(terminated === undefined ? {} : { terminated: maskEnd(terminated, mask) }),
    ...(lastTerminated === undefined ? {} : { lastTerminated: maskEnd(lastTerminated, mask) }),
  };
}

function maskEnd(ended: TerminatedState, mask: Mask): TerminatedState {
  return { ...ended, message: mask(ended.message) };
}
