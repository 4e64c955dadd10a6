import type { Command } from "commander";

/** Adds `build`, `matrix` and `demo` to `farm`. What they need is loaded when they are called, not before. */
export function registerFarmBuild(farm: Command): void {
  farm
    .command("build")
    .description("one build on the farm: four clients deploy their stacks, wait, and run their tests")
    .option("--mode <mode>", "none, misconfig, chaos-recoverable or chaos-unrecoverable")
    .option("--medic <on|off>", "with the medic or without")
    .option("--clients <number>", "how many clients share the suite", "4")
    .option("--target <client>", "which client's stack gets the fault (default: drawn from the seed)")
    .option("--seed <number>", "draw the same target and fault as the build with this seed")
    .option("--timeout <seconds>", "how long a client waits for its stack (default: 90, with the medic 150)")
    .option("--fault <name>", "instead of --mode: one fault by name, for tests")
    .option("--model <model>", MODEL)
    .option("--record <file>", "write what Claude did in this build as a cassette of the rehearsal")
    .option("--runner <pod|local>", "run the clients' steps in pods, or here (inside the cluster)", "pod")
    .option("--keep", "leave the namespace for a look at it")
    .option("--kubeconfig <file>", "another cluster than the local farm")
    .option("--json", "print the record instead of the table")
    .addHelpText("after", NOTES)
    .action(async (flags: BuildFlagsOfCli) => {
      const { buildCommand } = await import("../../farm/build/build-command.ts");
      process.exitCode = await buildCommand(flags);
    });
  farm
    .command("matrix")
    .description(
      "every mode with and without the medic, compared with what is expected; exit 1 on a difference",
    )
    .option("--modes <list>", "only these modes, separated by commas")
    .option("--medic <list>", "only on, or only off", "off,on")
    .option("--model <model>", MODEL)
    .option("--chat-url <url>", "count messages at this chat double instead of in the Incidents")
    .option("--seed <number>", "the same target and fault in every build")
    .option("--timeout <seconds>", "how long a client waits for its stack")
    .option("--timeout-without <seconds>", "the same in builds without the medic")
    .option("--parallel <n>", "builds at the same time (default: 1)")
    .option("--kubeconfig <file>", "another cluster than the local farm")
    .option("--json", "print the cells instead of the table")
    .action(async (flags: MatrixFlagsOfCli) => {
      const { matrixCommand } = await import("../../farm/build/matrix-command.ts");
      process.exitCode = await matrixCommand(flags);
    });
  farm
    .command("demo")
    .description("a tour in three builds: a healthy one, a broken one without the medic, the same with it")
    .option("--model <model>", MODEL)
    .option("--kubeconfig <file>", "another cluster than the local farm")
    .action(async (flags: { kubeconfig?: string; model?: string }) => {
      const { demoCommand } = await import("../../farm/demo/demo-command.ts");
      process.exitCode = await demoCommand(flags);
    });
}

interface BuildFlagsOfCli {
  readonly mode?: string;
  readonly medic?: string;
  readonly clients?: string;
  readonly target?: string;
  readonly seed?: string;
  readonly timeout?: string;
  readonly fault?: string;
  readonly model?: string;
  readonly record?: string;
  readonly runner?: string;
  readonly keep?: boolean;
  readonly kubeconfig?: string;
  readonly json?: boolean;
}

interface MatrixFlagsOfCli {
  readonly modes?: string;
  readonly medic?: string;
  readonly model?: string;
  readonly chatUrl?: string;
  readonly seed?: string;
  readonly timeout?: string;
  readonly timeoutWithout?: string;
  readonly parallel?: string;
  readonly kubeconfig?: string;
  readonly json?: boolean;
}

const MODEL =
  "what tier 2 is: none, rehearsal (recorded turns) or real (default: real with credentials, else rehearsal)";

const NOTES = `
Exit code: 0 all clients passed, 1 not, 2 wrong use. Records go to out/builds.
Network faults use Chaos Mesh where the cluster has it (not exercised by this project's tests), else the pods' network
namespaces on the local farm. Real models, and so --record, were not exercised either.`;
