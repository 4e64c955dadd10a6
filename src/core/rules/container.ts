import type { ContainerState, TerminatedState } from "../snapshot.ts";
import { brief, Durations, patient, podFinding } from "./rule.ts";
import type { PodRule } from "./rule.ts";

const { SECOND, MINUTE } = Durations;
/** A container that ends this often is not merely waiting for its database. */
const RESTARTS_OF_A_CRASH_LOOP = 3;

/** The container refers to something that is missing, or the runtime cannot make it. */
export const containerConfigRule: PodRule = ({ pod, at }) => {
  const container = waitingFor(pod.containers, /^(CreateContainerConfigError|CreateContainerError)$/);
  if (container === undefined) return undefined;
  const message = `${pod.name} cannot make container ${container.name}: ${brief(container.waiting.message) || container.waiting.reason}`;
  const slow = container.waiting.reason === "CreateContainerError";
  return patient(
    pod,
    at,
    { reason: "ContainerConfigError", message, since: pod.createdAt },
    slow ? 4 * MINUTE : MINUTE,
  );
};

/** The command cannot be started at all: exit code 128 from the runtime, or a shell's 126/127. */
export const cannotRunRule: PodRule = ({ pod }) => {
  const container = pod.containers.find((candidate) => startError(candidate) !== undefined);
  const ended = container && startError(container);
  if (container === undefined || ended === undefined || container.runningSince !== undefined)
    return undefined;
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
export const crashRule: PodRule = ({ pod, at }) => {
  const container = pod.containers.find(
    ({ ready, lastTerminated, terminated }) => !ready && (terminated ?? lastTerminated),
  );
  const ended = container?.terminated ?? container?.lastTerminated;
  if (container === undefined || ended === undefined || (container.init && ended.exitCode === 0))
    return undefined;
  const oom = ended.reason === "OOMKilled";
  const often = container.restarts >= RESTARTS_OF_A_CRASH_LOOP || oom;
  const message = `container ${container.name} of ${pod.name} ended ${container.restarts + 1} times, last with ${describeEnd(ended)}`;
  const verdict = {
    reason: oom ? ("OutOfMemory" as const) : ("CrashLoop" as const),
    message,
    since: ended.finishedAt,
  };
  if (often) return podFinding(pod, { ...verdict, class: "beyond", terminal: true });
  return patient(pod, at, { ...verdict, since: pod.createdAt }, 90 * SECOND);
};

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
