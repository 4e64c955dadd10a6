// @ts-check
import { execFile } from "node:child_process";
import { lastLine } from "./cluster.mjs";

const COMMAND_LIMIT_MS = 60_000;

/**
 * Asks the stack itself, where there is something to ask.
 * @param {{ readonly url: string, readonly command: string }} asked
 * @returns {Promise<string | undefined>} why it is not ready
 */
export async function probe({ url, command }) {
  if (url !== "") {
    const answer = await status(url);
    if (answer !== "ok") return `${url} answers ${answer}`;
  }
  return command === "" ? undefined : run(command);
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
 * @param {string} command
 * @returns {Promise<string | undefined>}
 */
function run(command) {
  return new Promise((resolve) => {
    // As a step of a workflow is run: without anybody's own settings.
    execFile(
      "bash",
      ["--noprofile", "--norc", "-c", command],
      { timeout: COMMAND_LIMIT_MS },
      (error, stdout, stderr) => {
        if (error === null) resolve(undefined);
        else resolve(lastLine(stderr) || lastLine(stdout) || `the command ended with ${error.code}`);
      },
    );
  });
}
