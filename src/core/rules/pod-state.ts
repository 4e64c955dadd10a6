import { brief, databasesOf, Durations, lastStepAt, patient, podFinding, scheduledAt } from "./rule.ts";
import type { PodRule } from "./rule.ts";

const { SECOND, MINUTE } = Durations;

/** The old pod does not go away, so the StatefulSet cannot make the next one. Never forced. */
export const terminatingRule: PodRule = ({ view, pod, at }) => {
  if (pod.deletionAt === undefined) return undefined;
  const node = view.snapshot.nodes.find(({ name }) => name === pod.nodeName);
  const where =
    pod.nodeName === undefined
      ? ""
      : ` on ${pod.nodeName}${node?.ready === false ? ", whose node is not ready" : ""}`;
  const message = `${pod.name} is terminating${where} and does not go away`;
  return patient(pod, at, { reason: "PodTerminating", message, since: pod.deletionAt }, MINUTE);
};

/** The pod sits on a node that is not ready. */
export const nodeRule: PodRule = ({ view, pod, at }) => {
  const node = view.snapshot.nodes.find(({ name }) => name === pod.nodeName);
  if (pod.nodeName === undefined || node?.ready === true) return undefined;
  const what = node === undefined ? "no longer exists" : "is not ready";
  const since = Math.max(
    pod.createdAt,
    ...pod.conditions.filter(({ type }) => type === "Ready").map((found) => found.since),
  );
  return patient(
    pod,
    at,
    { reason: "NodeLost", message: `the node ${pod.nodeName} of ${pod.name} ${what}`, since },
    MINUTE,
  );
};

/** Ended by the kubelet or the node (evicted, rejected at admission); the StatefulSet makes a new one by itself. */
export const rejectedRule: PodRule = ({ pod, at }) => {
  if (pod.phase !== "Failed" || pod.statusReason === undefined) return undefined;
  const message = `${pod.name} was ended with ${pod.statusReason}: ${brief(pod.statusMessage ?? "")}`;
  return patient(pod, at, { reason: "PodRejected", message, since: scheduledAt(pod) }, MINUTE);
};

/** Scheduled and on its way, with nothing wrong to see. */
export const startingRule: PodRule = ({ pod, events, at }) => {
  const running = pod.containers.some(({ init, runningSince }) => !init && runningSince !== undefined);
  if (running || pod.nodeName === undefined) return undefined;
  const image = events.findLast(
    ({ reason }) => reason === "Pulling" || reason === "Pulled" || reason === "Failed",
  );
  if (image?.reason === "Pulling") {
    const message = `${pod.name} is pulling its image: ${brief(image.message, 160)}`;
    return patient(pod, at, { reason: "ImagePulling", message, since: image.at }, 5 * MINUTE);
  }
  const message = `${pod.name} was scheduled to ${pod.nodeName} and its containers have not started`;
  return patient(pod, at, { reason: "Starting", message, since: lastStepAt(pod) }, 90 * SECOND);
};

/** Running, but not Ready. */
export const probeRule: PodRule = (input) => {
  const { pod, events, at } = input;
  const starts = pod.containers.flatMap(({ init, runningSince }) =>
    init || runningSince === undefined ? [] : [runningSince],
  );
  if (starts.length === 0) return undefined;
  const since = Math.max(...starts);
  const databases = databasesOf(input);
  if (databases.some(({ ready }) => !ready)) {
    return podFinding(pod, {
      reason: "DependencyNotReady",
      class: "wait",
      message: `${pod.name} waits for its database`,
      since,
    });
  }
  const unhealthy = events.findLast(({ reason }) => reason === "Unhealthy");
  const probe = unhealthy === undefined ? "no probe result was reported" : brief(unhealthy.message, 200);
  const database =
    databases.length > 0
      ? `, while its database ${databases.map(({ set }) => set.name).join(", ")} is Ready`
      : "";
  const message = `${pod.name} runs for ${Math.round((at - since) / SECOND)} s but is not Ready: ${probe}${database}`;
  return podFinding(pod, { reason: "ProbeFailed", class: "beyond", message, since });
};
