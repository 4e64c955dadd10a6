import type { ContainerState, TerminatedState } from "../snapshot.ts";
import { readySince } from "../stack-view.ts";
import { brief, databasesOf, Durations, lastStepAt, patient, podFinding, scheduledAt } from "./rule.ts";
import type { PodRule } from "./rule.ts";

const { SECOND, MINUTE } = Durations;
/** A container that ends this often is not merely waiting for its database. */
const RESTARTS_OF_A_CRASH_LOOP = 3;
/** The kubelet waits up to five minutes before it starts a container again. */
const LONGEST_BACK_OFF = 5 * MINUTE + 10 * SECOND;

/** The container refers to something that is missing, or the runtime cannot make it. */
export const containerConfigRule: PodRule = ({ pod, at }) => {
  const container = waitingFor(pod.containers, /^(CreateContainerConfigError|CreateContainerError)$/);
  if (container === undefined) return undefined;
  const message = `${pod.name} cannot make container ${container.name}: ${brief(container.waiting.message) || container.waiting.reason}`;
  const slow = container.waiting.reason === "CreateContainerError";
  return patient(
    pod,
    at,
    { reason: "ContainerConfigError", message, since: lastStepAt(pod) },
    slow ? 4 * MINUTE : MINUTE,
  );
};

/** The command cannot be started at all: exit code 128 from the runtime, or a shell's 126/127. */
export const cannotRunRule: PodRule = ({ pod }) => {
  const container = pod.containers.find(
    (candidate) => candidate.runningSince === undefined && startError(candidate) !== undefined,
  );
  const ended = container && startError(container);
  if (container === undefined || ended === undefined) return undefined;
  const message = `${pod.name} cannot start the command of container ${container.name}: ${brief(ended.message) || `exit code ${ended.exitCode}`}`;
  return podFinding(pod, {
    reason: "ContainerCannotRun",
    class: "beyond",
    message,
    since: ended.finishedAt,
    terminal: true,
  });
};

function startError(container: ContainerState): TerminatedState | undefined {
  return [container.terminated, container.lastTerminated].find(
    (ended) =>
      ended !== undefined && (ended.reason === "StartError" || [126, 127, 128].includes(ended.exitCode)),
  );
}

/** The container starts and ends again. A few early ends are ordinary while its database comes up. */
export const crashRule: PodRule = (input) => {
  const { pod, at } = input;
  const container = pod.containers.find((candidate) => endOf(candidate) !== undefined);
  const ended = container && endOf(container);
  if (container === undefined || ended === undefined) return undefined;
  const message = `container ${container.name} of ${pod.name} ended ${container.restarts + 1} times, last with ${describeEnd(ended)}`;
  const verdict = { reason: "CrashLoop", message, since: ended.finishedAt } as const;
  if (ended.reason === "OOMKilled")
    return podFinding(pod, { ...verdict, reason: "OutOfMemory", class: "beyond", terminal: true });
  const databases = databasesOf(input);
  if (databases.some(({ ready }) => !ready)) {
    const waits = `${message}, while its database is not ready`;
    return podFinding(pod, { ...verdict, reason: "DependencyNotReady", class: "wait", message: waits });
  }
  // It has not run since its database became ready: the kubelet starts it again, at the latest after its longest back-off.
  if (databases.some((database) => readySince(database) > ended.finishedAt))
    return patient(pod, at, verdict, LONGEST_BACK_OFF);
  if (container.restarts >= RESTARTS_OF_A_CRASH_LOOP)
    return podFinding(pod, { ...verdict, class: "beyond", terminal: true });
  return patient(pod, at, { ...verdict, since: scheduledAt(pod) }, 90 * SECOND);
};

/** How a container that is not ready ended; an init container that did its work did not. */
function endOf({ ready, init, terminated, lastTerminated }: ContainerState): TerminatedState | undefined {
  const ended = terminated ?? lastTerminated;
  return ready || (init && ended?.exitCode === 0) ? undefined : ended;
}

/** Windows exit codes are signed in the API; people search for the unsigned form (failure catalogue, exit codes). */
function describeEnd({ reason, exitCode, message }: TerminatedState): string {
  const code =
    exitCode < 0 ? `${exitCode} (0x${(exitCode >>> 0).toString(16).toUpperCase()})` : String(exitCode);
  return `${reason || "no reason"}, exit code ${code}${message === "" ? "" : `: ${brief(message, 160)}`}`;
}

function waitingFor(
  containers: readonly ContainerState[],
  reason: RegExp,
): (ContainerState & { waiting: { reason: string; message: string } }) | undefined {
  for (const container of containers) {
    if (container.waiting !== undefined && reason.test(container.waiting.reason))
      return { ...container, waiting: container.waiting };
  }
  return undefined;
}
