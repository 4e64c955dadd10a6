import { worstOvershootUsd } from "../agent/investigator.ts";
import type { Config } from "../config.ts";
import { limitsOf } from "../config/policy.ts";
import type { Log } from "../controllers/ports.ts";
import type { Incident } from "../core/incident.ts";
import { totalsOf } from "../core/totals.ts";
import type { TotalsOptions } from "../core/totals.ts";

/** What the totals need of the configuration. */
export function totalsOptionsOf(config: Config): TotalsOptions {
  return {
    rerunMinutes: config.rerunMinutes,
    worstEpisodeUsd: config.maxBudgetUsd + worstOvershootUsd(limitsOf(config)),
  };
}

/** Logs the totals when there is something to tell and it is not what was told last. */
export function createTotalsTeller(deps: {
  readonly incidents: { list(): readonly Incident[] };
  readonly options: TotalsOptions;
  readonly log: Log;
}): () => void {
  let told = "";
  return () => {
    const totals = totalsOf(deps.incidents.list(), deps.options);
    const line = JSON.stringify(totals);
    if (totals.incidents.total === 0 || line === told) return;
    told = line;
    deps.log.info("totals of the kept incidents", { ...totals });
  };
}
