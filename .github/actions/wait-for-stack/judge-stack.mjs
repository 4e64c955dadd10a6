// @ts-check
// Objects come as the API server gives them; whatever is missing in them means not ready.

/** @typedef {Record<string, any>} KubeObject */

/**
 * Whether a stack is ready by its declared intent, and if not, why: one short reason for each thing that is missing.
 * @param {{ readonly sets: readonly KubeObject[], readonly pods: readonly KubeObject[], readonly events: readonly KubeObject[] }} seen
 * @returns {readonly string[]} empty when it is ready
 */
export function whyNotReady({ sets, pods, events }) {
  if (sets.length === 0) return ["no StatefulSet of this stack is there yet"];
  const missing = sets.flatMap(setProblems);
  if (missing.length === 0) return [];
  const reasons = [...missing, ...pods.flatMap(podProblems)];
  const event = newestWarning(events, pods, sets);
  return event === undefined ? reasons : [...reasons, event];
}

/** @param {KubeObject} set */
function setProblems({ metadata = {}, spec = {}, status = {} }) {
  const { name, annotations = {} } = metadata;
  const { replicas = 1 } = spec;
  const { readyReplicas = 0 } = status;
  const wanted = wantedReplicas(annotations["medic/expected-replicas"], replicas);
  const image = annotations["medic/expected-image"];
  return [
    ...when(metadata.deletionTimestamp !== undefined, `${name} is being deleted`),
    ...when(
      image !== undefined && !imagesOf(spec).includes(image),
      `${name} has another image than declared`,
    ),
    ...when(replicas !== wanted, `${name} has another number of replicas than declared`),
    ...when(isChanging(metadata, status, wanted), `${name} is being changed`),
    ...when(readyReplicas < wanted, `${name} has ${readyReplicas} of ${wanted} ready`),
  ];
}

/**
 * @param {string | undefined} declared
 * @param {number} live
 */
function wantedReplicas(declared, live) {
  return declared !== undefined && /^\d{1,6}$/.test(declared) ? Number(declared) : live;
}

/**
 * @param {KubeObject} spec
 * @returns {readonly string[]}
 */
function imagesOf(spec) {
  return (spec.template?.spec?.containers ?? []).map((/** @type {KubeObject} */ one) => one.image);
}

/**
 * Whether the controller has yet to see the newest spec, or pods of an older one are still there.
 * @param {KubeObject} metadata
 * @param {KubeObject} status
 * @param {number} wanted
 */
function isChanging(metadata, status, wanted) {
  if (!(status.observedGeneration >= metadata.generation)) return true;
  return wanted > 0 && status.updateRevision !== status.currentRevision && status.updatedReplicas !== wanted;
}

/**
 * @param {boolean} holds
 * @param {string} problem
 */
function when(holds, problem) {
  return holds ? [problem] : [];
}

/** @param {KubeObject} pod */
function podProblems({ metadata = {}, status = {} }) {
  const { name } = metadata;
  const { phase = "Unknown", conditions = [] } = status;
  if (metadata.deletionTimestamp !== undefined) return [`${name} Terminating`];
  const waiting = waitingReason(status);
  if (waiting !== undefined) return [`${name} ${waiting}`];
  const unplaced = condition(conditions, "PodScheduled", "False");
  if (unplaced !== undefined) return [`${name} ${unplaced.reason}: ${unplaced.message}`];
  return condition(conditions, "Ready", "True") === undefined ? [`${name} ${phase}, not ready`] : [];
}

/**
 * @param {KubeObject} status
 * @returns {string | undefined}
 */
function waitingReason({ initContainerStatuses = [], containerStatuses = [] }) {
  const all = [...initContainerStatuses, ...containerStatuses];
  return all.find((one) => one.state?.waiting?.reason)?.state.waiting.reason;
}

/**
 * @param {readonly KubeObject[]} conditions
 * @param {string} type
 * @param {string} status
 */
function condition(conditions, type, status) {
  return conditions.find((one) => one.type === type && one.status === status);
}

/**
 * @param {readonly KubeObject[]} events
 * @param {readonly KubeObject[]} pods
 * @param {readonly KubeObject[]} sets
 */
function newestWarning(events, pods, sets) {
  const uids = new Set([...pods, ...sets].map((one) => one.metadata?.uid));
  const newest = events
    .filter((event) => event.type === "Warning" && uids.has(event.involvedObject?.uid))
    .toSorted((left, right) => eventTime(left) - eventTime(right))
    .at(-1);
  return newest === undefined ? undefined : `${newest.reason}: ${newest.message}`;
}

/** @param {KubeObject} event */
function eventTime(event) {
  const time =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata?.creationTimestamp;
  return new Date(time ?? 0).getTime();
}

/**
 * What the medic's Incidents say of a stack: the newest one that is about it.
 * @param {readonly KubeObject[]} incidents
 * @param {{ readonly namespace: string, readonly client: string }} stack
 */
export function incidentOf(incidents, { namespace, client }) {
  const mine = incidents
    .filter(({ spec }) => spec?.namespace === namespace && spec?.client === client)
    .toSorted((left, right) => createdAt(left) - createdAt(right))
    .at(-1);
  if (mine === undefined) return undefined;
  const { phase = "Detected", reason = "", rootCause = "" } = mine.status ?? {};
  return {
    name: String(mine.metadata?.name),
    phase: String(phase),
    reason: String(reason),
    rootCause: String(rootCause),
  };
}

/** @param {KubeObject} object */
function createdAt(object) {
  return new Date(object.metadata?.creationTimestamp ?? 0).getTime();
}
