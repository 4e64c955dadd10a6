/** One look at /readyz: an HTTP status, or the code of the error that came instead of one. */
export interface Look {
  readonly status: number | string;
  /** What the service itself says is missing. */
  readonly reason?: string;
}

export interface WaitOptions {
  /** How long to go on asking, in seconds. */
  readonly timeoutSeconds: number;
  /** How many looks in a row have to be 200. */
  readonly stable: number;
  readonly look: (limitMs: number) => Promise<Look>;
  readonly print: (event: WaitEvent) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export type WaitEvent =
  | {
      readonly event: "state";
      readonly afterSeconds: number;
      readonly status: number | string;
      readonly reason?: string;
    }
  | WaitResult;

export interface WaitResult {
  readonly event: "ready" | "timeout";
  readonly afterSeconds: number;
  /** When the unbroken row of 200s began. */
  readonly readySinceSeconds?: number;
  readonly lastStatus: number | string;
  readonly reason?: string;
  readonly looks: number;
}

const intervalMs = 1000;
const lookLimitMs = 3000;

/** Looks once a second until enough looks in a row were 200 or the time is over. Prints each change and the end. */
export async function waitUntilReady(options: WaitOptions): Promise<WaitResult> {
  const { timeoutSeconds, stable, look, print, now, sleep } = options;
  const started = now();
  const end = started + timeoutSeconds * 1000;
  const seconds = (at: number) => Math.round((at - started) / 100) / 10;
  let last: Look = { status: "none" };
  let looks = 0;
  let row = 0;
  let rowBegan = started;

  for (;;) {
    const asked = now();
    if (asked >= end) break;
    const limit = Math.min(lookLimitMs, end - asked);
    const seen = await look(limit);
    // What our own end cut short says nothing about the stack: the last whole answer stands.
    if (seen.status === "TIMEOUT" && limit < lookLimitMs && looks > 0) break;
    looks += 1;
    const answered = now();
    if (seen.status !== last.status) print({ event: "state", afterSeconds: seconds(answered), ...seen });
    if (seen.status !== 200) row = 0;
    else if (row++ === 0) rowBegan = answered;
    last = seen;
    if (row >= stable) break;
    await sleep(Math.max(0, Math.min(asked + intervalMs, end) - now()));
  }

  const since = row >= stable ? seconds(rowBegan) : undefined;
  const result = resultOf({ last, looks, afterSeconds: seconds(now()), since });
  print(result);
  return result;
}

function resultOf(end: {
  readonly last: Look;
  readonly looks: number;
  readonly afterSeconds: number;
  readonly since: number | undefined;
}): WaitResult {
  const { last, looks, afterSeconds, since } = end;
  return {
    event: since === undefined ? "timeout" : "ready",
    afterSeconds,
    ...(since === undefined ? {} : { readySinceSeconds: since }),
    lastStatus: last.status,
    ...(last.reason === undefined ? {} : { reason: last.reason }),
    looks,
  };
}

/** Asks one URL over HTTP; never throws. */
export async function lookAt(url: URL, limitMs: number): Promise<Look> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(Math.ceil(limitMs)) });
    const reason = reasonIn(await response.text());
    return { status: response.status, ...(response.ok || reason === undefined ? {} : { reason }) };
  } catch (error) {
    return { status: errorCode(error) };
  }
}

function reasonIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && "reason" in body ? String(body.reason) : undefined;
  } catch {
    return undefined;
  }
}

/** The most telling name of a failed fetch, such as ENOTFOUND or ECONNREFUSED. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "TIMEOUT";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.message : errorCode(error.cause);
}
