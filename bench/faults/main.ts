/** `npm run faults`: breaks stacks while everything else fails too, and asks the cluster and the chat what came of it. */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join, relative } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { interruptible } from "../../farm/build/interruption.ts";
import { OUT, ROOT } from "../../farm/build/out-folder.ts";
import { formatTable } from "../../farm/build/table.ts";
import { unlessAborted } from "../abort.ts";
import { conditionsNow } from "../result.ts";
import type { Progress } from "../result.ts";
import type { Outage } from "./outage.ts";
import { faultRows, kindRows, page } from "./report.ts";
import type { Report } from "./report.ts";
import { deleteNamespace, planOutages, runOutages } from "./run.ts";
import { pronounce } from "./verdict.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

interface Flags {
  readonly incidents: number;
  readonly seed: number;
  readonly replicas: number;
  readonly crowd: number;
  readonly minutes: number;
}

/** What the medics said, and the API server's audit log when something was wrong. */
const RECORDS = join(OUT, "faults");
/** A run with fewer incidents proves too little for the docs. */
const ENOUGH = 200;

const program = new Command("npm run faults --")
  .description(
    "Breaks stacks one after another on a real API server with fake nodes, while medics are killed and the API server,\n" +
      "the chat and the model fail at random. Then asks the audit log, the objects and the chat whether a message was lost\n" +
      "or doubled, a write repeated or wrong, or a stack left silent. Exit 1 when any was.",
  )
  .addOption(whole("--incidents <n>", "stacks to break; a few of them get no incident", 240))
  .addOption(whole("--seed <n>", "of all choices; by default a new one, which is printed"))
  .addOption(whole("--replicas <n>", "medics", 2))
  .addOption(whole("--crowd <n>", "healthy stacks beside them, so that it is no storm", 60))
  .addOption(whole("--minutes <n>", "no stack is broken after so long", 12))
  .showHelpAfterError(false)
  .exitOverride()
  .action((flags: Partial<Flags>) => {
    const given = { seed: Math.floor(Math.random() * 1_000_000), ...flags } as Flags;
    const begin = Date.now();
    const progress: Progress = (line) =>
      console.error(`${((Date.now() - begin) / 1000).toFixed(1).padStart(7)} s  ${line}`);
    return interruptible((signal) => run(given, { progress, signal }), progress);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`faults: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

function whole(flags: string, what: string, value?: number): Option {
  return new Option(flags, what).default(value).argParser((text) => {
    const parsed = Number(text);
    if (!Number.isSafeInteger(parsed) || parsed < 1)
      throw new InvalidArgumentError("It must be a whole number above zero.");
    return parsed;
  });
}

async function run(
  flags: Flags,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  const begin = Date.now();
  const load = loadavg()[0] ?? 0;
  progress(`seed ${flags.seed}`);
  const outages = planOutages(flags.incidents, flags.seed);
  const here: { world?: World } = {};
  const onTurn = async (outage: Outage, turn: number): Promise<void> => {
    const { deletion } = outage;
    if (deletion?.when === "episode" && deletion.turn === turn && !outage.deleted && here.world)
      await deleteNamespace(here.world, outage);
  };
  const find = (namespace: string): Outage | undefined =>
    outages.find((outage) => outage.namespace === namespace);
  await rm(RECORDS, { recursive: true, force: true });
  await mkdir(RECORDS, { recursive: true });
  const world = await startWorld({ ...flags, records: RECORDS, progress, find, onTurn });
  here.world = world;
  try {
    const { weather, broken } = await unlessAborted(
      runOutages({ world, outages, ...flags, progress, signal }),
      signal,
    );
    const verdicts = await pronounce(world, outages);
    const report: Report = {
      ...flags,
      stacks: broken,
      seconds: (Date.now() - begin) / 1000,
      starts: world.crew.starts,
      times: weather.times,
      verdicts,
      conditions: await conditionsNow(load),
    };
    await tell(report, world, weather.failures);
    if (broken < flags.incidents)
      throw new Error(`only ${broken} of ${flags.incidents} stacks could be broken in time`);
  } finally {
    progress("ending everything");
    await world.stop();
  }
}

async function tell(report: Report, { crew, plane }: World, failures: readonly string[]): Promise<void> {
  const { verdicts, seed, stacks, seconds } = report;
  console.log(`\n${formatTable(faultRows(report).map((row) => row.toSpliced(1, 1)))}`);
  console.log(`\n${formatTable(kindRows(report).map((row) => row.toSpliced(1, 1)))}\n`);
  const offences = verdicts.judged.flatMap(({ outage, offences: own }) =>
    own.map(({ verdict, why }) => `${verdict}: ${outage.namespace} (${outage.kind.name}): ${why}`),
  );
  const strays = verdicts.strays.map(({ verdict, why }) => `${verdict}: ${why}`);
  const bad = [...offences, ...strays, ...crew.crashes.map((crash) => `a medic ended by itself: ${crash}`)];
  for (const line of [...bad, ...failures.map((failure) => `the fault did not work: ${failure}`)])
    console.log(line);
  for (const line of crew.lateStops)
    console.log(`a medic that was told to stop did not end in order: ${line}`);
  const { incidents } = verdicts;
  console.log(`seed ${seed}, ${stacks} stacks broken, ${incidents} incidents, ${Math.round(seconds)} s`);
  const path = incidents >= ENOUGH ? join(ROOT, "docs", "faults.md") : join(RECORDS, "faults.md");
  await writeFile(path, page(report));
  console.log(relative(process.cwd(), path));
  if (bad.length === 0 && failures.length === 0) return;
  process.exitCode = 1;
  await cp(plane.auditLog, join(RECORDS, "audit.log"));
  console.log(
    `what the medics said and the API server's audit log are in ${relative(process.cwd(), RECORDS)}`,
  );
}
