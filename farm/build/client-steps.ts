import type { CommandResult } from "./command.ts";
import { FarmError, failureOf } from "./kube.ts";
import type { Kube } from "./kube.ts";
import type { ClientRecord } from "./record.ts";

/** What one client's deploy needs of its build. */
export interface Deployment {
  readonly kube: Kube;
  readonly runId: string;
  readonly namespace: string;
  /** Folder of the chart that every client installs. */
  readonly chart: string;
  /** Values of the chart that are the same for every client: the images. */
  readonly chartValues: Readonly<Record<string, string>>;
}

/** Installs one client's stack. Throws `FarmError` when that fails. */
export async function deployStack(build: Deployment, client: number): Promise<void> {
  const values = { client: String(client), runId: build.runId, ...build.chartValues };
  const sets = Object.entries(values).flatMap(([key, value]) => ["--set-string", `${key}=${value}`]);
  // Not --wait: waiting is the client's own job, and the medic's chance.
  const args = ["install", `client-${client}`, build.chart, "--namespace", build.namespace, ...sets];
  const result: CommandResult = await build.kube.helm(args, { timeoutSeconds: 120 });
  if (result.code !== 0) throw new FarmError(`its stack could not be deployed: ${failureOf(result)}`);
}

/** Why a client whose stack did not come up in time has failed. */
export function notReady(seconds: number, last: string, state: string): string {
  return `its stack was not ready within ${seconds} s, so no test ran (last answer: ${last}; ${state})`;
}

/** Why a client whose tests ran has failed. */
export function failedTests({
  passed,
  failed,
  failures,
}: Pick<ClientRecord, "passed" | "failed" | "failures">): string {
  const more = failures.length > 3 ? ", …" : "";
  return `${failed} of ${passed + failed} tests failed: ${failures.slice(0, 3).join(", ")}${more}`;
}
