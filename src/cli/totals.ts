import type { Command } from "commander";
import { addConfigFlags } from "../config/flags.ts";
import { processSources } from "../config.ts";
import { totalsOf } from "../core/totals.ts";
import { settingsOrExit } from "./settings.ts";
import { describeTotals } from "./totals-text.ts";

export function registerTotals(program: Command): void {
  const command = program
    .command("totals")
    .description(
      "What the medic did for your builds, from the Incidents that are kept, and apart from it what it would have done, as in a shadow week.",
    )
    .option("--json", "print JSON");
  addConfigFlags(command).action(async (options: { json?: true }, self: Command) => {
    const config = settingsOrExit(self.opts());
    if (config === undefined) return;
    const { env: environment } = processSources({});
    const { loadCluster } = await import("../kube/kubeconfig.ts");
    const { readIncidents } = await import("../kube/read-incidents.ts");
    const { totalsOptionsOf } = await import("../app/totals.ts");
    const kubeconfig = config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig };
    const access = await loadCluster({ ...kubeconfig, environment });
    const by = totalsOptionsOf(config);
    const totals = totalsOf(await readIncidents(access, config.namespace), by);
    process.stdout.write(
      options.json ? `${JSON.stringify(totals, null, 2)}\n` : describeTotals(totals, by, Date.now()),
    );
  });
}
