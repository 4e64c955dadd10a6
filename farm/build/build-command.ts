import { relative } from "node:path";
import { carryOut, openFarmForBuilds } from "./carry-out.ts";
import { progress, withExitCode } from "./command-frame.ts";
import { interruptible } from "./interruption.ts";
import { UsageError } from "./kube.ts";
import { stateDir } from "./medic-process.ts";
import { readModel } from "./model.ts";
import { readBuildOptions } from "./options.ts";
import type { BuildFlags } from "./options.ts";
import { recordPath } from "./record.ts";
import { newSeed } from "./run-id.ts";
import { formatSummary } from "./summary.ts";

/** The flags of `farm build` as they were typed. */
interface BuildCommandFlags extends BuildFlags {
  readonly model?: string;
  /** Where to write the episode as a cassette. */
  readonly record?: string;
  readonly json?: boolean;
}

/** `farm build`. Answers the exit code: 0 all clients passed, 1 not, 2 wrong use. */
export function buildCommand(flags: BuildCommandFlags): Promise<number> {
  return withExitCode(async () => {
    const options = readBuildOptions(flags, newSeed);
    const model = readModel(flags.model, process.env);
    const cassetteFile = flags.record;
    if (cassetteFile !== undefined && (model !== "real" || !options.medic)) {
      throw new UsageError("--record needs --medic on and a real model: it records what Claude does.");
    }
    const record = await interruptible(async (signal) => {
      const farm = await openFarmForBuilds(options.kubeconfig, progress);
      return carryOut(farm, options, { signal, report: progress, model, cassetteFile });
    }, progress);
    const [path = "", state = ""] = [recordPath(record.runId), stateDir()].map((one) =>
      relative(process.cwd(), one),
    );
    const summary = (): string => formatSummary(record, { record: path, state });
    console.log(flags.json ? JSON.stringify(record, undefined, 2) : `\n${summary()}`);
    return record.passed ? 0 : 1;
  });
}
