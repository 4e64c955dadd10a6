import { join } from "node:path";
import { farmPaths } from "../cluster/state.ts";

/**
 * Where builds say what they have not cleaned up yet. It belongs to the machine's farm and not to a checkout: whoever
 * comes next finds it.
 */
export function openBuildsFolder(): string {
  return join(farmPaths().directory, "open-builds");
}

/** One build at a time may have cordoned the farm. */
export function cordonLockPath(): string {
  return join(farmPaths().directory, "cordon.lock");
}

/** Who uses the medic that builds started, and its lock. */
export function medicFolder(): string {
  return join(farmPaths().directory, "medic");
}
