import { InvalidArgumentError, Option, type Command } from "commander";

type UpFlags = {
  readonly provider?: "local" | "kwok" | "k3d";
  readonly kubeconfig?: string;
  readonly fakeNodes?: number;
  readonly json?: boolean;
};

/** Adds `up`, `down` and `status` to the `farm` command. */
export function registerFarmCluster(farm: Command): void {
  farm
    .command("up")
    .description("start a farm on this machine, or leave a healthy one as it is")
    .addOption(
      new Option(
        "--provider <name>",
        "local: real nodes, root on Linux (the default there); kwok: fake nodes, no root; k3d: in Docker, not exercised in CI",
      ).choices(["local", "kwok", "k3d"]),
    )
    .addOption(new Option("--kubeconfig <file>", "use this cluster, start nothing").conflicts("provider"))
    .option("--fake-nodes <number>", "how many nodes kwok plays (default 3)", positive)
    .option("--json", "print the farm as JSON")
    .action((flags: UpFlags) => guarded(farm, () => runUp(flags)));
  farm
    .command("down")
    .description("end the farm of this machine and take away everything it made")
    .option("--purge", "delete the registry's images and the logs as well")
    .action((flags: { readonly purge?: boolean }) =>
      guarded(farm, async () => {
        const { endRunningConsole } = await import("../../farm/console/running-console.ts");
        await endRunningConsole(log);
        const { endMedicOfFarm } = await import("../../farm/build/shared-medic.ts");
        await endMedicOfFarm();
        const { down } = await import("../../farm/cluster/down.ts");
        await down({ log, purge: flags.purge });
        return 0;
      }),
    );
  farm
    .command("status")
    .description("show every part of the farm; exit code 0 when all are well, else 1")
    .option("--json", "print it as JSON")
    .action((flags: { readonly json?: boolean }) =>
      guarded(farm, async () => {
        const { showStatus } = await import("../../farm/cluster/status.ts");
        return showStatus({ json: flags.json === true });
      }),
    );
}

async function runUp(flags: UpFlags): Promise<number> {
  const { up } = await import("../../farm/cluster/up.ts");
  const farm = await up({
    log,
    provider: flags.provider,
    kubeconfig: flags.kubeconfig,
    fakeNodes: flags.fakeNodes,
  });
  const { healFarm } = await import("../../farm/build/leftovers.ts");
  for (const line of await healFarm(farm.kubeconfig)) log(line);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(farm, undefined, 2)}\n`);
    return 0;
  }
  const images = farm.registry === undefined ? "" : `images    push to and pull from ${farm.registry}\n`;
  process.stdout.write(
    `Kubernetes ${farm.kubernetesVersion} (${farm.provider}), nodes ${farm.nodes.join(", ")}\n` +
      `${images}kubectl   export KUBECONFIG=${farm.kubeconfig}\n` +
      `next      build-medic farm build --mode none --medic on     (and in the end: build-medic farm down)\n`,
  );
  return 0;
}

/** Runs an action and turns its end into the exit code; an error becomes one line on stderr. */
async function guarded(farm: Command, action: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await action();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${[farm.parent?.name(), farm.name()].filter(Boolean).join(" ")}: ${message}\n`);
    process.exitCode = 1;
  }
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("must be a whole number from 1 up.");
  return value;
}
