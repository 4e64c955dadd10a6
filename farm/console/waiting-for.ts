import type { ContainerState, PodState } from "../../src/core/snapshot.ts";
import { condition, isReady } from "../../src/core/stack-view.ts";

/** How a pod stands, in the word that `kubectl get pods` shows under STATUS. */
export function podWords(pod: PodState): string {
  if (pod.deletionAt !== undefined) return "Terminating";
  if (pod.statusReason !== undefined && pod.statusReason !== "") return pod.statusReason;
  return initWords(pod) ?? containerWords(pod) ?? phaseWords(pod);
}

/**
 * What keeps a stack from being ready: its pods that are not, each as kubectl words it, the database first. Empty when
 * every pod is ready.
 */
export function waitingFor(pods: readonly PodState[]): string {
  if (pods.length === 0) return "no pods yet";
  return [...pods]
    .filter((pod) => !isReady(pod))
    .sort((left, right) => left.name.localeCompare(right.name, "en", { numeric: true }))
    .map((pod) => `${pod.name} ${podWords(pod)}${schedulerWords(pod)}`)
    .join(", ");
}

function initWords({ containers }: PodState): string | undefined {
  const inits = containers.filter(({ init }) => init);
  const undone = inits.findIndex(({ terminated }) => terminated?.exitCode !== 0);
  const blocking = inits[undone];
  if (blocking === undefined) return undefined;
  const reason = blocking.waiting?.reason ?? blocking.terminated?.reason ?? "";
  return reason === "" || reason === "PodInitializing" ? `Init:${undone}/${inits.length}` : `Init:${reason}`;
}

function containerWords({ containers }: PodState): string | undefined {
  return containers
    .filter(({ init }) => !init)
    .map(stoppedWords)
    .find((words) => words !== undefined);
}

function stoppedWords({ waiting, terminated }: ContainerState): string | undefined {
  if (waiting !== undefined && waiting.reason !== "") return waiting.reason;
  if (terminated === undefined) return undefined;
  return terminated.reason === "" ? `ExitCode:${terminated.exitCode}` : terminated.reason;
}

/** kubectl shows readiness in another column; here it belongs to the words. */
function phaseWords(pod: PodState): string {
  return pod.phase === "Running" && !isReady(pod) ? "Running 0/1" : pod.phase;
}

function schedulerWords(pod: PodState): string {
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status !== "False" || scheduled.message === undefined) return "";
  const [sentence = ""] = scheduled.message.split(/ preemption: /);
  return ` (${sentence.trim().replace(/\.$/, "")})`;
}
