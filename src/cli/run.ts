import type { Command } from "commander";
import { addConfigFlags } from "../config/flags.ts";
import { MedicError } from "../lib/medic-error.ts";
import { version } from "../lib/version.ts";
import { processSources } from "../config.ts";
import { settingsOrExit } from "./settings.ts";

/** How long work in flight may take to end after a signal, in milliseconds; a second signal ends at once. */
const GRACE_MS = 20_000;

export function registerRun(program: Command): void {
  const command = program
    .command("run")
    .description(
      "Watch the builds and repair stuck stacks (the service). It installs nothing: see `build-medic crds`.",
    );
  addConfigFlags(command).action(async (_options: object, self: Command) => {
    const config = settingsOrExit(self.opts());
    if (config === undefined) return;
    const { env: environment } = processSources({});
    const { loadCluster } = await import("../kube/kubeconfig.ts");
    const { runApp } = await import("../app.ts");
    const stop = stopSignal();
    const kubeconfig = config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig };
    const access = await loadCluster({ ...kubeconfig, environment });
    await runApp({ config, access, environment, version }, stop);
  });
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort(new MedicError("stopping", "the medic is stopping"));
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return controller.signal;
}
