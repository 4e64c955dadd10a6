import type { Reason } from "../finding.ts";
import type { KubeEvent } from "../snapshot.ts";
import { brief, Durations, patient, scheduledAt } from "./rule.ts";
import type { PodRule } from "./rule.ts";

const { SECOND, MINUTE } = Durations;

const SANDBOX_CAUSES: readonly (readonly [RegExp, Reason, number])[] = [
  [
    /code = DeadlineExceeded|context deadline exceeded|failed to reserve sandbox name|timeout waiting/i,
    "SandboxTimeout",
    4 * MINUTE + 10 * SECOND,
  ],
  [/cni|network|hns|hcn|subnet\.env|ip addresses|networkplugin/i, "SandboxNetwork", 2 * MINUTE],
];

const VOLUME_REASONS = new Set(["FailedAttachVolume", "FailedMount", "FailedMapVolume"]);
const MISSING_OBJECT = /(secret|configmap)s? "[^"]*" not found|references non-existent secret key/i;

/** Scheduled, but the pod's sandbox or volumes are not there yet. */
export const sandboxRule: PodRule = ({ pod, events, at }) => {
  if (pod.nodeName === undefined || pod.containers.some(hasStarted)) return undefined;
  const since = scheduledAt(pod);
  const volume = events.findLast(({ reason }) => VOLUME_REASONS.has(reason));
  const sandbox = events.findLast(({ reason }) => /^(FailedCreatePodSandBox|NetworkNotReady)$/.test(reason));
  if (volume !== undefined && volume.at >= (sandbox?.at ?? 0))
    return volumeFinding(pod, volume, { since, at });
  if (sandbox === undefined) return undefined;
  const [, reason, patience] = SANDBOX_CAUSES.find(([pattern]) => pattern.test(sandbox.message)) ?? [
    /./,
    "SandboxFailed" as const,
    2 * MINUTE,
  ];
  const message = `${pod.name} gets no sandbox on ${pod.nodeName}: ${brief(sandbox.message)}`;
  return patient(pod, at, { reason, message, since }, patience);
};

function volumeFinding(
  pod: Parameters<PodRule>[0]["pod"],
  event: KubeEvent,
  time: { since: number; at: number },
): ReturnType<PodRule> {
  const missing = MISSING_OBJECT.test(event.message);
  const reason = missing
    ? "ContainerConfigError"
    : event.reason === "FailedAttachVolume"
      ? "VolumeAttachFailed"
      : "VolumeMountFailed";
  const message = `${pod.name} gets no volume on ${pod.nodeName}: ${brief(event.message)}`;
  return patient(pod, time.at, { reason, message, since: time.since }, missing ? MINUTE : 7 * MINUTE);
}

function hasStarted(container: {
  runningSince?: number;
  terminated?: object;
  lastTerminated?: object;
}): boolean {
  return (
    container.runningSince !== undefined ||
    container.terminated !== undefined ||
    container.lastTerminated !== undefined
  );
}
