// @ts-check
import { execFile } from "node:child_process";

/**
 * What kubectl says; `undefined` in place of a value that could not be read, with the reason.
 * @typedef {{ readonly ok: true, readonly value: any } | { readonly ok: false, readonly why: string }} Answer
 */

const REQUEST_TIMEOUT = "--request-timeout=15s";

/**
 * A list of objects.
 * @param {readonly string[]} args
 * @returns {Promise<Answer>}
 */
export async function list(args) {
  const result = await run("kubectl", ["get", ...args, "-o", "json", REQUEST_TIMEOUT], 30_000);
  if (result.code !== 0)
    return { ok: false, why: lastLine(result.stderr) || `kubectl ended with ${result.code}` };
  try {
    return { ok: true, value: JSON.parse(result.stdout).items ?? [] };
  } catch {
    return { ok: false, why: "kubectl did not answer with JSON" };
  }
}

/**
 * Marks a stack: its tests begin.
 * @param {{ readonly namespace: string, readonly client: string }} stack
 * @returns {Promise<string | undefined>} why it could not be done
 */
export async function markStarted({ namespace, client }) {
  const selector = `medic/client=${client}`;
  const label = [
    "label",
    "statefulset",
    "-n",
    namespace,
    "-l",
    selector,
    "medic/tests=started",
    "--overwrite",
  ];
  const result = await run("kubectl", [...label, REQUEST_TIMEOUT], 30_000);
  return result.code === 0 ? undefined : lastLine(result.stderr) || `kubectl ended with ${result.code}`;
}

/**
 * Asks the stack itself, where there is something to ask.
 * @param {{ readonly url: string, readonly command: string }} probe
 * @returns {Promise<string | undefined>} why it is not ready
 */
export async function probe({ url, command }) {
  if (url !== "") {
    const answer = await status(url);
    if (answer !== "ok") return `${url} answers ${answer}`;
  }
  if (command === "") return undefined;
  const result = await run("bash", ["-c", command], 60_000);
  if (result.code === 0) return undefined;
  return lastLine(result.stderr) || lastLine(result.stdout) || `the command ended with ${result.code}`;
}

/** @param {string} url */
async function status(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return response.status < 400 ? "ok" : String(response.status);
  } catch (error) {
    if (!(error instanceof Error)) return "nothing";
    const { cause } = error;
    return cause instanceof Error && "code" in cause ? String(cause.code) : error.message;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {number} timeout milliseconds
 * @returns {Promise<{ readonly code: number, readonly stdout: string, readonly stderr: string }>}
 */
function run(program, args, timeout) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const missing = error.code === "ENOENT" ? `${program} is not on the PATH` : stderr;
      resolve({ code: typeof error.code === "number" ? error.code : -1, stdout, stderr: missing });
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
