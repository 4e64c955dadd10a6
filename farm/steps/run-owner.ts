import { ownerOf } from "../build/owner.ts";
import type { BuildOwner } from "../build/owner.ts";

/** Names the process whose end is the end of the run: the local runner of workflows sets it. */
export const RUN_PROCESS = "BUILD_MEDIC_RUN_PROCESS";

/** GitHub ends every job after six hours at the latest. */
const LONGEST_RUN_MS = 6 * 3600 * 1000;

/**
 * Who cleans up after a build of separate steps: the process that executes the run, when it is on this machine and says
 * so; else nobody whom we could watch, and the build counts as abandoned after the longest time that a run may take.
 */
export async function runOwner(
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): Promise<BuildOwner> {
  const pid = Number(environment[RUN_PROCESS]);
  if (Number.isInteger(pid) && pid > 1) {
    const owner = await ownerOf(pid);
    if (owner.started !== "") return owner;
  }
  return { until: now + LONGEST_RUN_MS };
}
