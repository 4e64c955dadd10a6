import { relative } from "node:path";
import { carryOut, openFarmForBuilds } from "./carry-out.ts";
import { progress, withExitCode } from "./command-frame.ts";
import { interruptible } from "./interruption.ts";
import { readBuildOptions } from "./options.ts";
import type { BuildFlags } from "./options.ts";
import { recordPath } from "./record.ts";
import { newSeed } from "./run-id.ts";
import { formatSummary } from "./summary.ts";

/** `farm build`. Answers the exit code: 0 all clients passed, 1 not, 2 wrong use. */
export function buildCommand(flags: BuildFlags & { readonly json?: boolean }): Promise<number> {
  return withExitCode(async () => {
    const options = readBuildOptions(flags, newSeed);
    const record = await interruptible(async (signal) => {
      const farm = await openFarmForBuilds(options.kubeconfig, progress);
      return carryOut(farm, options, { signal, report: progress });
    }, progress);
    const path = relative(process.cwd(), recordPath(record.runId));
    console.log(flags.json ? JSON.stringify(record, undefined, 2) : `\n${formatSummary(record, path)}`);
    return record.passed ? 0 : 1;
  });
}
