import { relative } from "node:path";
import type { Mode } from "../faults/catalogue.ts";
import { carryOut, openFarmForBuilds } from "../build/carry-out.ts";
import { progress, withExitCode } from "../build/command-frame.ts";
import { interruptible } from "../build/interruption.ts";
import { readModel } from "../build/model.ts";
import { readBuildOptions } from "../build/options.ts";
import { recordPath } from "../build/record.ts";
import type { BuildRecord } from "../build/record.ts";
import { tellStory } from "./story.ts";

interface Stop {
  readonly title: string;
  readonly mode: Mode;
  readonly medic: "on" | "off";
  /** Whether the build is supposed to be green. */
  readonly green: boolean;
}

const TOUR: readonly Stop[] = [
  { title: "A healthy build, with the medic watching", mode: "none", medic: "on", green: true },
  { title: "A bad image tag in one stack, without the medic", mode: "misconfig", medic: "off", green: false },
  { title: "The same fault, with the medic", mode: "misconfig", medic: "on", green: true },
];
/** The same client is hit in both broken builds, so that they can be compared. */
const SEED = "5";
/** A healthy stack is ready in a third of this: nobody has to watch a lost cause for longer. */
const TIMEOUT_SECONDS = "60";

/** `farm demo`: three builds on the farm that is up, told as a story. Answers the exit code: 0 when all went as told. */
export function demoCommand(flags: {
  readonly kubeconfig?: string;
  readonly model?: string;
}): Promise<number> {
  return withExitCode(async () => {
    const model = readModel(flags.model, process.env);
    const begin = Date.now();
    const told: { stop: Stop; record: BuildRecord }[] = [];
    await interruptible(async (signal) => {
      const farm = await openFarmForBuilds(flags.kubeconfig, progress);
      for (const [index, stop] of TOUR.entries()) {
        if (signal.aborted) return;
        console.log(`\n${index + 1} of ${TOUR.length}. ${stop.title}`);
        const typed = { mode: stop.mode, medic: stop.medic, seed: SEED, timeout: TIMEOUT_SECONDS };
        const options = readBuildOptions(typed, () => Number(SEED));
        const record = await carryOut(farm, options, { signal, report: progress, model });
        told.push({ stop, record });
        console.log(tellStory(record));
      }
    }, progress);
    const asTold =
      told.length === TOUR.length && told.every(({ stop, record }) => record.passed === stop.green);
    console.log(
      `\n${closing(
        told.map(({ record }) => record),
        asTold,
        (Date.now() - begin) / 1000,
      )}`,
    );
    return asTold ? 0 : 1;
  });
}

function closing(records: readonly BuildRecord[], asTold: boolean, seconds: number): string {
  const paths = records.map((record) => `  ${relative(process.cwd(), recordPath(record.runId))}`);
  return [
    asTold
      ? `The tour went as it should, in ${Math.round(seconds)} s. The same fault cost one build and not the other.`
      : "The tour did NOT go as it should: see above.",
    "",
    "A fourth build shows tier 2, which none of these needed: all nodes are cordoned, and an episode finds out. It is",
    "  npx build-medic farm build --mode chaos-recoverable --medic on",
    "played by the rehearsal (recorded turns, no model), or by Claude when ANTHROPIC_API_KEY is set.",
    "",
    "Where to look next:",
    "  npx build-medic farm build --mode chaos-unrecoverable --medic on  a broken network: one message with the cause",
    "  npx build-medic farm matrix                                       every mode, with and without the medic",
    "  npx build-medic farm status                                       the farm; `make clean` takes it down",
    "Records of these builds:",
    ...paths,
  ].join("\n");
}
