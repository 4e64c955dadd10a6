// @ts-check

/**
 * @typedef {object} Inputs
 * @property {string} namespace
 * @property {string} client
 * @property {number} timeoutSeconds
 * @property {string} medicNamespace
 * @property {boolean} incidents
 * @property {string} url
 * @property {string} command
 * @property {boolean} markStarted
 */

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks the inputs, as the step's environment has them.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Inputs | { readonly problems: readonly string[] }}
 */
export function readInputs(environment) {
  const text = (/** @type {string} */ name) => environment[`WAIT_${name}`] ?? "";
  const problems = [
    ...unless(NAME.test(text("NAMESPACE")), "namespace is the name of a namespace"),
    ...unless(LABEL_VALUE.test(text("CLIENT")), "client is the value of a label"),
    ...unless(
      /^[1-9]\d{0,4}$/.test(text("TIMEOUT_SECONDS")),
      "timeout-seconds is a whole number from 1 to 99999",
    ),
    ...unless(NAME.test(text("MEDIC_NAMESPACE")), "medic-namespace is the name of a namespace"),
    ...unless(isBoolean(text("INCIDENTS")), "incidents is true or false"),
    ...unless(isBoolean(text("MARK_STARTED")), "mark-started is true or false"),
    ...unless(text("URL") === "" || /^https?:\/\//.test(text("URL")), "url begins with http:// or https://"),
  ];
  if (problems.length > 0) return { problems };
  return {
    namespace: text("NAMESPACE"),
    client: text("CLIENT"),
    timeoutSeconds: Number(text("TIMEOUT_SECONDS")),
    medicNamespace: text("MEDIC_NAMESPACE"),
    incidents: text("INCIDENTS") === "true",
    url: text("URL"),
    command: text("COMMAND"),
    markStarted: text("MARK_STARTED") === "true",
  };
}

/** @param {string} text */
function isBoolean(text) {
  return text === "true" || text === "false";
}

/**
 * @param {boolean} good
 * @param {string} problem
 */
function unless(good, problem) {
  return good ? [] : [problem];
}
