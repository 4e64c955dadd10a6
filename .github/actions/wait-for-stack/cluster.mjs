// @ts-check
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * What the API server says; `why` in place of a value that could not be read. Refused (not allowed, or no such thing) it
 * will be again; anything else may pass.
 * @typedef {{ readonly ok: true, readonly value: any } | { readonly ok: false, readonly why: string, readonly refused: boolean }} Answer
 */

/**
 * The cluster that kubectl knows.
 * @typedef {object} Cluster
 * @property {(path: string, query?: Readonly<Record<string, string>>) => Promise<Answer>} list the objects of a list
 * @property {(path: string, patch: object) => Promise<Answer>} patch
 * @property {() => void} close
 */

const START_LIMIT_MS = 15_000;
const REQUEST_LIMIT_MS = 15_000;

/**
 * One `kubectl proxy` for the whole wait: a kubectl for each look would keep a processor busy. It listens on a socket in a
 * folder of our own, so that nobody else on the machine can use this account.
 * @returns {Promise<Cluster | { readonly problem: string }>}
 */
export async function openCluster() {
  const folder = mkdtempSync(join(tmpdir(), "wait-for-stack-"));
  const socketPath = join(folder, "kubectl");
  const proxy = spawn("kubectl", ["proxy", `--unix-socket=${socketPath}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const close = () => {
    proxy.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  // However this process ends: the proxy does not outlive it.
  process.on("exit", close);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
  const problem = await started(proxy);
  if (problem !== undefined) return { problem };
  return {
    list: async (path, query = {}) => {
      const answer = await ask(socketPath, "GET", `${path}?${new URLSearchParams(query).toString()}`);
      return answer.ok ? { ok: true, value: answer.value.items ?? [] } : answer;
    },
    patch: (path, patch) => ask(socketPath, "PATCH", path, patch),
    close,
  };
}

/**
 * @param {import("node:child_process").ChildProcess} proxy
 * @returns {Promise<string | undefined>} why it did not start
 */
function started(proxy) {
  return new Promise((resolve) => {
    let said = "";
    const timer = setTimeout(() => resolve("kubectl proxy did not start"), START_LIMIT_MS);
    const answer = (/** @type {string | undefined} */ problem) => {
      clearTimeout(timer);
      resolve(problem);
    };
    proxy.on("error", () => answer("kubectl is not on the PATH"));
    proxy.on("exit", () => answer(`kubectl proxy ended: ${lastLine(said)}`));
    proxy.stderr?.on("data", (chunk) => (said += chunk));
    proxy.stdout?.on("data", (chunk) => String(chunk).includes("Starting to serve") && answer(undefined));
  });
}

/**
 * @param {string} socketPath
 * @param {"GET" | "PATCH"} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Answer>}
 */
function ask(socketPath, method, path, body) {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { "content-type": "application/merge-patch+json" };
    const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
    const call = request({ socketPath, method, path, headers, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("error", (error) => resolve({ ok: false, why: error.message, refused: false }));
      response.on("end", () => resolve(readAnswer(response.statusCode ?? 0, text)));
    });
    call.on("error", (error) => resolve({ ok: false, why: error.message, refused: false }));
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {Answer}
 */
function readAnswer(status, text) {
  const refused = status === 403 || status === 404;
  try {
    const value = JSON.parse(text);
    return status < 400
      ? { ok: true, value }
      : { ok: false, why: value.message ?? `HTTP ${status}`, refused };
  } catch {
    return { ok: false, why: lastLine(text) || `HTTP ${status}`, refused };
  }
}

/** @param {string} text */
export function lastLine(text) {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
