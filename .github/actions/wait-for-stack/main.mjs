// @ts-check
// Needs kubectl on the PATH, with an account that may read StatefulSets, pods and events of the namespace and label the
// StatefulSets; and Node.js 20 or newer. Exit code: 0 ready, 1 not, 2 the inputs are wrong.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openCluster } from "./cluster.mjs";
import { readInputs } from "./inputs.mjs";
import { incidentOf, whyNotReady } from "./judge-stack.mjs";
import { probe } from "./probe.mjs";
import { annotationCommand, oneLine, outputLine } from "./untrusted-text.mjs";

/** @typedef {import("./inputs.mjs").Inputs} Inputs */
/** @typedef {import("./cluster.mjs").Cluster} Cluster */
/** @typedef {NonNullable<ReturnType<typeof incidentOf>>} Incident */

const LOOK_EVERY_MS = 1000;

const inputs = readInputs(process.env);
if ("problems" in inputs) {
  fail("wait-for-stack", `the inputs are wrong: ${inputs.problems.join("; ")}`);
  process.exitCode = 2;
} else {
  const cluster = await openCluster();
  if ("problem" in cluster) gaveUp(inputs, undefined, { reason: "NoCluster", why: cluster.problem });
  process.exit(!("problem" in cluster) && (await wait(inputs, cluster)) ? 0 : 1);
}

/**
 * @param {Inputs} inputs
 * @param {Cluster} cluster
 * @returns {Promise<boolean>}
 */
async function wait(inputs, cluster) {
  const begin = Date.now();
  const seconds = () => (Date.now() - begin) / 1000;
  // The last few: the newest warning of a stack that comes up is now this probe's and now that one's.
  /** @type {readonly string[]} */
  let said = [];
  let askIncidents = inputs.incidents;
  for (;;) {
    const { incident, reasons, mayReadIncidents } = await look(inputs, cluster, askIncidents);
    askIncidents = mayReadIncidents;
    if (reasons.length === 0) return ready(inputs, cluster, { incident, seconds: seconds() });
    const why = whyWaiting(reasons, incident);
    if (!said.includes(why))
      console.log(`client ${inputs.client}: ${seconds().toFixed(0)} s, waiting: ${why}`);
    said = [...said.filter((one) => one !== why), why].slice(-4);
    if (incident?.phase === "Escalated") return escalated(inputs, incident);
    if (seconds() >= inputs.timeoutSeconds) {
      const what = `its stack was not ready within ${inputs.timeoutSeconds} s, so no test ran (${why})`;
      return gaveUp(inputs, incident, { reason: incident?.reason || "NotReady", why: what });
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * @param {readonly string[]} reasons
 * @param {Incident | undefined} incident
 */
function whyWaiting(reasons, incident) {
  const medic = incident === undefined ? "" : ` (medic: ${incident.phase} ${incident.reason})`;
  return oneLine(`${reasons.join("; ")}${medic}`);
}

/**
 * @param {Inputs} inputs
 * @param {Incident} incident
 */
function escalated(inputs, incident) {
  const { rootCause, reason, name } = incident;
  const why = rootCause || `the medic has handed the stack to people (${name})`;
  return gaveUp(inputs, incident, { reason, why });
}

/**
 * One look at the stack and at what the medic says of it.
 * @param {Inputs} inputs
 * @param {Cluster} cluster
 * @param {boolean} askIncidents
 */
async function look(inputs, cluster, askIncidents) {
  const { namespace, client, medicNamespace } = inputs;
  const mine = { labelSelector: `medic/client=${client}` };
  const [sets, pods, incidents] = await Promise.all([
    cluster.list(setsPath(namespace), mine),
    cluster.list(`/api/v1/namespaces/${namespace}/pods`, mine),
    askIncidents
      ? cluster.list(`/apis/buildmedic.dev/v1alpha1/namespaces/${medicNamespace}/incidents`)
      : undefined,
  ]);
  const mayReadIncidents = askIncidents && !(incidents?.ok === false && incidents.refused);
  if (askIncidents && !mayReadIncidents && incidents?.ok === false)
    console.log(
      oneLine(`the medic's Incidents cannot be read here, so they are not asked again: ${incidents.why}`),
    );
  const incident = incidents?.ok === true ? incidentOf(incidents.value, { namespace, client }) : undefined;
  return { incident, mayReadIncidents, reasons: await reasonsOf(inputs, cluster, { sets, pods }) };
}

/** @param {string} namespace */
function setsPath(namespace) {
  return `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
}

/**
 * @param {Inputs} inputs
 * @param {Cluster} cluster
 * @param {{ readonly sets: import("./cluster.mjs").Answer, readonly pods: import("./cluster.mjs").Answer }} read
 */
async function reasonsOf(inputs, cluster, { sets, pods }) {
  if (!sets.ok) return [`its StatefulSets cannot be read: ${sets.why}`];
  const seen = { sets: sets.value, pods: pods.ok ? pods.value : [], events: [] };
  if (whyNotReady(seen).length > 0) {
    const warnings = { fieldSelector: "type=Warning" };
    const events = await cluster.list(`/api/v1/namespaces/${inputs.namespace}/events`, warnings);
    return whyNotReady({ ...seen, events: events.ok ? events.value : [] });
  }
  const unanswered = await probe(inputs);
  return unanswered === undefined ? [] : [unanswered];
}

/**
 * @param {Inputs} inputs
 * @param {Cluster} cluster
 * @param {{ readonly incident: Incident | undefined, readonly seconds: number }} found
 */
async function ready(inputs, cluster, { incident, seconds }) {
  const refused = inputs.markStarted ? await markStarted(inputs, cluster) : undefined;
  if (refused !== undefined) {
    const why = `its StatefulSets could not be labelled: ${refused}`;
    return gaveUp(inputs, incident, { reason: "NotMarked", why });
  }
  if (incident !== undefined) {
    output("incident", incident.name);
    output("reason", incident.reason);
  }
  output("ready-after-seconds", seconds.toFixed(1));
  console.log(`client ${inputs.client}: ready after ${seconds.toFixed(1)} s`);
  return true;
}

/**
 * Marks the stack: its tests begin.
 * @param {Inputs} inputs
 * @param {Cluster} cluster
 * @returns {Promise<string | undefined>} why it could not be done
 */
async function markStarted({ namespace, client }, cluster) {
  const sets = await cluster.list(setsPath(namespace), { labelSelector: `medic/client=${client}` });
  if (!sets.ok) return sets.why;
  for (const { metadata } of sets.value) {
    const path = `${setsPath(namespace)}/${metadata.name}`;
    const answer = await cluster.patch(path, { metadata: { labels: { "medic/tests": "started" } } });
    if (!answer.ok) return answer.why;
  }
  return undefined;
}

/**
 * @param {Inputs} inputs
 * @param {Incident | undefined} incident
 * @param {{ readonly reason: string, readonly why: string }} end
 */
function gaveUp({ client }, incident, { reason, why }) {
  if (incident !== undefined) output("incident", incident.name);
  output("reason", reason);
  output("why", why);
  fail(`client ${client}`, `environment: ${why}`);
  return false;
}

/**
 * @param {string} title
 * @param {string} message
 */
function fail(title, message) {
  if (process.env["GITHUB_ACTIONS"] === "true") console.log(annotationCommand("error", { title, message }));
  else console.error(oneLine(`${title}: ${message}`));
}

/**
 * @param {string} name
 * @param {string} value
 */
function output(name, value) {
  const file = process.env["GITHUB_OUTPUT"];
  if (file !== undefined && file !== "") appendFileSync(file, outputLine(name, value));
}
