import { MODES } from "../faults/catalogue.ts";
import { openFarmForBuilds } from "./carry-out.ts";
import { progress, withExitCode } from "./command-frame.ts";
import { interruptible } from "./interruption.ts";
import { formatMatrix } from "./matrix-table.ts";
import { readModel } from "./model.ts";
import { integer, oneOf } from "./options.ts";
import { runMatrix } from "./run-matrix.ts";
import type { MatrixOptions } from "./run-matrix.ts";

/** The flags of `farm matrix` as they were typed. */
export interface MatrixFlags {
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

/** `farm matrix`. Answers the exit code: 0 every cell is as expected, 1 not, 2 wrong use. */
export function matrixCommand(flags: MatrixFlags): Promise<number> {
  return withExitCode(async () => {
    const options = readMatrixOptions(flags, process.env);
    const result = await interruptible(async (signal) => {
      const farm = await openFarmForBuilds(flags.kubeconfig, progress);
      return runMatrix(options, { farm, signal, report: progress });
    }, progress);
    console.log(flags.json ? JSON.stringify(result, undefined, 2) : `\n${formatMatrix(result)}`);
    return result.asExpected ? 0 : 1;
  });
}

/** Checks the flags. Throws `UsageError` with one sentence. */
export function readMatrixOptions(
  flags: MatrixFlags,
  environment: Readonly<Record<string, string | undefined>>,
): MatrixOptions {
  const list = (text: string): string[] => text.split(",").map((one) => one.trim());
  if (flags.seed !== undefined) integer("--seed", flags.seed, 0, 2 ** 32 - 1);
  if (flags.timeoutWithout !== undefined) integer("--timeout-without", flags.timeoutWithout, 5, 7200);
  if (flags.timeout !== undefined) integer("--timeout", flags.timeout, 5, 7200);
  return {
    modes: list(flags.modes ?? MODES.join(",")).map((mode) => oneOf("--modes", mode, MODES)),
    medic: list(flags.medic ?? "off,on").map((medic) => oneOf("--medic", medic, ["on", "off"])),
    model: readModel(flags.model, environment),
    chatUrl: flags.chatUrl,
    seed: flags.seed,
    timeout: flags.timeout,
    timeoutWithout: flags.timeoutWithout,
    parallel: integer("--parallel", flags.parallel ?? "1", 1, 4),
  };
}
