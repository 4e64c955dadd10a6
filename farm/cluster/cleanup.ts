import { existsSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { anotherFarmRuns, farmProcesses, killFarmProcesses, removeCgroups } from "./cgroups.ts";
import { endDaemon, isAlive } from "./daemon.ts";
import { networkExists, removeNetwork } from "./network.ts";
import { lentDirectories } from "./node.ts";
import { farmPaths, forgetFarm, recordedProcesses } from "./state.ts";
import { restoreSysctls } from "./sysctls.ts";

/**
 * Takes away everything a farm left on this machine, whatever state it is in: processes, and with them their
 * namespaces and mounts; network; kernel settings; cgroups; files. Keeps the registry's images and the logs.
 * Does nothing on a clean machine.
 */
export async function cleanUp(): Promise<void> {
  const paths = farmPaths();
  await forgetFarm();
  for (const daemon of recordedProcesses().toReversed()) await endDaemon(daemon);
  if (process.platform === "linux" && process.getuid?.() === 0) {
    await killFarmProcesses();
    await removeNetwork();
    await restoreSysctls(paths.sysctls);
    await removeCgroups();
    await returnDirectories();
  }
  await rm(paths.run, { recursive: true, force: true });
}

/** Their contents were bind mounts of a namespace that is gone, so they are empty unless somebody else uses them. */
async function returnDirectories(): Promise<void> {
  // Removing a directory undoes the mounts on it in every namespace, the other farm's too.
  if (anotherFarmRuns()) return;
  for (const directory of lentDirectories) await rmdir(directory).catch(() => {});
}

/** True when something of a farm is on this machine although none is recorded: an earlier one died, or was killed. */
export async function hasLeftovers(): Promise<boolean> {
  if (recordedProcesses().some((daemon) => isAlive(daemon))) return true;
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  return farmProcesses().length > 0 || (await networkExists()) || existsSync(farmPaths().run);
}
