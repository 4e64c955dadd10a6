import { Command, CommanderError } from "commander";
import { registerAudit } from "./cli/audit.ts";
import { registerCrds } from "./cli/crds.ts";
import { registerDiagnose } from "./cli/diagnose.ts";
import { registerEpisode } from "./cli/episode.ts";
import { registerFarm } from "./cli/farm.ts";
import { registerReplay } from "./cli/replay.ts";
import { registerRun } from "./cli/run.ts";
import { registerTotals } from "./cli/totals.ts";
import { messageOf } from "./lib/medic-error.ts";
import { version } from "./lib/version.ts";

const program = new Command("build-medic")
  .description("Repairs stuck test stacks before their tests run, so that a red build means the code.")
  .version(version)
  .showHelpAfterError(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "build-medic: ")) });

for (const register of [
  registerRun,
  registerDiagnose,
  registerReplay,
  registerAudit,
  registerEpisode,
  registerTotals,
  registerFarm,
  registerCrds,
]) {
  register(program);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end with 0; everything else that commander refuses is wrong use.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`build-medic: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
