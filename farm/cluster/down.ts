import { rm } from "node:fs/promises";
import { withLock, type Log } from "./cache.ts";
import { cleanUp, hasLeftovers } from "./cleanup.ts";
import { removeK3dFarm } from "./k3d-provider.ts";
import { step } from "./progress.ts";
import { farmPaths, readFarm } from "./state.ts";

export type DownOptions = {
  readonly log: Log;
  /** Delete the registry's images and the logs as well. */
  readonly purge?: boolean | undefined;
};

/**
 * `farm down`: ends the farm of this machine and takes away everything it made: processes, mounts, bridges, rules,
 * kernel settings, namespaces, cgroups. Also when it was started from another checkout, or died half way.
 */
export function down({ log, purge = false }: DownOptions): Promise<void> {
  return withLock(`farm in ${farmPaths().directory}`, log, async () => {
    const farm = await readFarm();
    if (farm === undefined && !(await hasLeftovers())) log("no farm is up");
    else {
      if (farm?.provider === "k3d") await step(log, "k3d cluster removed", removeK3dFarm);
      await step(log, "farm is down", cleanUp);
    }
    if (purge) await rm(farmPaths().directory, { recursive: true, force: true });
  });
}
