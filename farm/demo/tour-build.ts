import { FarmError } from "../build/kube.ts";
import { readJson } from "../build/out-folder.ts";
import { recordPath } from "../build/record.ts";
import type { BuildRecord } from "../build/record.ts";
import { sleep } from "../build/sleep.ts";
import type { BuildView, FarmView } from "../console/view.ts";
import { newLines } from "./tour-lines.ts";

export interface TourBuild {
  readonly mode: string;
  readonly medic: boolean;
  readonly seed: number;
}

export interface TourBuildContext {
  /** Address of the console. */
  readonly url: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 1000;

/** Starts a build through the console and follows it to its end; interrupted, it cancels it and waits for that. */
export async function buildThroughConsole(build: TourBuild, context: TourBuildContext): Promise<BuildRecord> {
  const { url, report, signal } = context;
  const { id } = await ask<{ readonly id: string }>(`${url}/api/v1/builds`, build);
  report(`build ${id.replace(/-\d+$/, "")}, live at ${url}`);
  let before: BuildView | undefined;
  let cancelled = false;
  for (;;) {
    const now = await ask<BuildView>(`${url}/api/v1/builds/${id}`);
    for (const line of newLines(before, now, Date.now())) report(line);
    before = now;
    if (now.endedAt !== undefined) return recordOf(now);
    if (signal.aborted && !cancelled) {
      await ask(`${url}/api/v1/builds/${id}/cancel`, {});
      cancelled = true;
    }
    await sleep(LOOK_EVERY_MS, cancelled ? undefined : signal);
  }
}

/** Waits until the console sees everything that a build needs. Throws its sentence when that does not come. */
export async function waitForConsole({ url, signal }: TourBuildContext, limitMs = 60_000): Promise<FarmView> {
  const end = Date.now() + limitMs;
  for (;;) {
    const farm = await ask<FarmView>(`${url}/api/v1/farm`);
    const problem = farm.github.problem ?? farm.cluster.problem ?? farm.medic.problem;
    if (problem === undefined) return farm;
    if (signal.aborted || Date.now() > end) throw new FarmError(`the farm console is not ready: ${problem}`);
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** What the workflow's report left; the medic's tier 2 is what the console knows and a step does not. */
async function recordOf({ id, model }: BuildView): Promise<BuildRecord> {
  const record = await readJson<BuildRecord>(recordPath(id));
  if (record === undefined) throw new FarmError(`build ${id} left no record in ${recordPath(id)}`);
  return { ...record, ...(model === undefined ? {} : { model }) };
}

async function ask<T>(address: string, body?: unknown): Promise<T> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json", "x-farm-console": "1" },
    body: JSON.stringify(body),
  };
  const response = await fetch(address, body === undefined ? {} : post).catch((cause: unknown) => {
    throw new FarmError(`the farm console at ${new URL(address).origin} does not answer`, { cause });
  });
  const answer = (await response.json()) as T & { readonly detail?: string };
  if (!response.ok) throw new FarmError(answer.detail ?? `the farm console answers ${response.status}`);
  return answer;
}
