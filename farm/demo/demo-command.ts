import { relative } from "node:path";
import type { Mode } from "../faults/catalogue.ts";
import { openFarmForBuilds } from "../build/carry-out.ts";
import { progress, withExitCode } from "../build/command-frame.ts";
import { interruptible } from "../build/interruption.ts";
import { readModel } from "../build/model.ts";
import { recordPath } from "../build/record.ts";
import type { BuildRecord } from "../build/record.ts";
import { ensureAct } from "../workflow/workflow-tools.ts";
import { tellStory } from "./story.ts";
import { buildThroughConsole, waitForConsole } from "./tour-build.ts";
import { tourConsole } from "./tour-console.ts";

interface Stop {
  readonly title: string;
  readonly mode: Mode;
  readonly medic: boolean;
  /** Whether the build is supposed to be green. */
  readonly green: boolean;
}

const TOUR: readonly Stop[] = [
  { title: "A healthy build, with the medic watching", mode: "none", medic: true, green: true },
  { title: "A bad image tag in one stack, without the medic", mode: "misconfig", medic: false, green: false },
  { title: "The same fault, with the medic", mode: "misconfig", medic: true, green: true },
];
/** The same client is hit in both broken builds, so that they can be compared. */
const SEED = 5;

interface Told {
  readonly stop: Stop;
  readonly record: BuildRecord;
}

/**
 * `farm demo`: three builds on the farm that is up, told as a story and shown live by the console. Answers the exit code:
 * 0 when all went as told.
 */
export function demoCommand(flags: {
  readonly kubeconfig?: string;
  readonly model?: string;
}): Promise<number> {
  return withExitCode(async () => {
    const model = readModel(flags.model, process.env);
    const begin = Date.now();
    const told: Told[] = [];
    const places = await interruptible(async (signal) => {
      const { kubeconfig } = await openFarmForBuilds(flags.kubeconfig, progress);
      await ensureAct(progress);
      const url = await tourConsole({ kubeconfig, model, report: progress });
      const context = { url, report: progress, signal };
      const { medic } = await waitForConsole(context);
      for (const [index, stop] of TOUR.entries()) {
        if (signal.aborted) break;
        console.log(`\n${index + 1} of ${TOUR.length}. ${stop.title}`);
        const { mode, medic: watched } = stop;
        const build = { mode, medic: watched, seed: SEED };
        const record = await buildThroughConsole(build, context);
        told.push({ stop, record });
        console.log(tellStory(record));
      }
      return { console: url, dashboard: medic.url };
    }, progress);
    const asTold =
      told.length === TOUR.length && told.every(({ stop, record }) => record.passed === stop.green);
    console.log(`\n${closing({ told, asTold, seconds: (Date.now() - begin) / 1000, places })}`);
    return asTold ? 0 : 1;
  });
}

interface Closing {
  readonly told: readonly Told[];
  readonly asTold: boolean;
  readonly seconds: number;
  readonly places: { readonly console: string; readonly dashboard: string | undefined };
}

function closing({ told, asTold, seconds, places }: Closing): string {
  const paths = told.map(({ record }) => `  ${relative(process.cwd(), recordPath(record.runId))}`);
  return [
    asTold
      ? `The tour went as it should, in ${Math.round(seconds)} s. The same fault cost one build and not the other.`
      : "The tour did NOT go as it should: see above.",
    "",
    "Both stay until `make clean`:",
    `  ${places.console}  the farm console: these builds side by side, and a form that starts the next one`,
    ...(places.dashboard === undefined
      ? []
      : [`  ${places.dashboard}  the medic's dashboard: what it found, did and would say`]),
    "",
    'A fourth build shows tier 2, which none of these needed: choose "Cordoned nodes" in the console, or',
    "  npx build-medic farm build --mode chaos-recoverable --medic on",
    "An episode finds out. It is played by the rehearsal (recorded turns, no model), or by Claude when ANTHROPIC_API_KEY is set.",
    "",
    "Where to look next:",
    "  npx build-medic farm build --mode chaos-unrecoverable --medic on  a broken network: one message with the cause",
    "  npx build-medic farm matrix                                       every mode, with and without the medic",
    "  npx build-medic farm status                                       the farm; `make clean` takes it down",
    "Records of these builds:",
    ...paths,
  ].join("\n");
}
