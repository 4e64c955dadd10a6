import { FarmError, failureOf } from "./kube.ts";
import type { CommandResult } from "./command.ts";
import type { Runner } from "./runner.ts";

const SUITE = "suite/main.ts";
/** Good answers in a row, half a second apart, before a stack counts as ready. */
const STABLE = "3";
/** A slice takes seconds; a suite that hangs must not hang the build. */
const SLICE_LIMIT_SECONDS = 600;

export interface WaitAnswer {
  readonly ready: boolean;
  /** What the stack said last: a status or an error code. */
  readonly last: string;
}

export interface SliceResult {
  readonly passed: number;
  readonly failed: number;
  /** Names of failed tests. */
  readonly failures: readonly string[];
}

/** Where a client's stack is reached from inside the cluster. */
export function stackUrl(stack: { readonly namespace: string; readonly client: number }): string {
  return `http://server-${stack.client}.${stack.namespace}.svc.cluster.local:8080`;
}

/** Asks a stack until it is ready or the time is over. A connection to the runner that breaks off is tried again. */
export async function waitUntilReady(
  runner: Runner,
  wait: { readonly url: string; readonly timeoutSeconds: number; readonly signal: AbortSignal },
): Promise<WaitAnswer> {
  const end = Date.now() + wait.timeoutSeconds * 1000;
  let last = "never asked";
  while (!wait.signal.aborted && Date.now() < end) {
    const left = Math.max(1, Math.ceil((end - Date.now()) / 1000));
    const args = [SUITE, "wait", "--url", wait.url, "--timeout", String(left), "--stable", STABLE];
    const result = await runner.node(args, { timeoutSeconds: left + 20 });
    const heard = readWait(result.stdout);
    last = heard.last || failureOf(result);
    if (heard.ended) return { ready: heard.ready, last };
    if (result.code === 2) throw new FarmError(`wait for the stack: ${failureOf(result)}`);
  }
  return { ready: false, last };
}

/** Reads the waiter's JSON lines; `ended` is false when it was cut off before its answer. */
export function readWait(stdout: string): {
  readonly ended: boolean;
  readonly ready: boolean;
  readonly last: string;
} {
  const lines = stdout
    .split("\n")
    .map(parseObject)
    .filter((line) => line !== undefined);
  const final = lines.at(-1);
  const said = final?.["lastStatus"] ?? final?.["status"];
  const last = typeof said === "string" || typeof said === "number" ? String(said) : "";
  const ended = final?.["event"] === "ready" || final?.["event"] === "timeout";
  return { ended, ready: final?.["event"] === "ready", last };
}

/** Runs a client's slice of the tests. Throws `FarmError` when the suite ends without a result. */
export async function runSlice(
  runner: Runner,
  slice: { readonly url: string; readonly shard: string },
): Promise<SliceResult> {
  const args = [SUITE, "run", "--url", slice.url, "--shard", slice.shard, "--json"];
  const result = await runner.node(args, { timeoutSeconds: SLICE_LIMIT_SECONDS });
  const summary = readSlice(result);
  if (!summary) throw new FarmError(`the suite ended without a result: ${failureOf(result)}`);
  return summary;
}

/** The result in the last line; `undefined` when there is none, or when it contradicts the exit code. */
export function readSlice(result: Pick<CommandResult, "code" | "stdout">): SliceResult | undefined {
  const line = parseObject(result.stdout.trim().split("\n").at(-1) ?? "");
  const { passed, failed, failures } = line ?? {};
  if (typeof passed !== "number" || typeof failed !== "number" || !Array.isArray(failures)) return undefined;
  if ((result.code === 0) !== (failed === 0) || passed + failed === 0) return undefined;
  return { passed, failed, failures: failures.map((one: { name?: unknown }) => String(one.name)) };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
