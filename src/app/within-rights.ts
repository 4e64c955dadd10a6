import type { Config } from "../config.ts";
import type { Log } from "../controllers/ports.ts";
import type { ApiClient } from "../kube/api-client.ts";
import { excessRights, inWords } from "../kube/excess-rights.ts";

/** An account that may do more than is needed makes the medic an observer, unless that was accepted. */
export async function withinRights(
  config: Config,
  client: ApiClient,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<Config> {
  if (config.mode === "observe") return config;
  const excess = await excessRights(client, config, { signal });
  if (excess.length === 0) return config;
  if (config.acceptExcessRights) {
    log.warn("the account may do more than is needed, which was accepted", { excess: inWords(excess) });
    return config;
  }
  log.error(
    "THE ACCOUNT MAY DO MORE THAN IS NEEDED, SO NOTHING IS CHANGED (observe mode): use the chart's ServiceAccount, or accept it with --accept-excess-rights",
    { excess: inWords(excess) },
  );
  return { ...config, mode: "observe" };
}
