/** `npm run bench`: measures what the README claims, beside a baseline in the same run. */
import { loadavg } from "node:os";
import { relative } from "node:path";
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { interruptible } from "../farm/build/interruption.ts";
import { formatTable } from "../farm/build/table.ts";
import { startCrowd } from "./crowd.ts";
import { episodes } from "./episodes.ts";
import { idleAway, idleResult } from "./idle.ts";
import { breakStacks, latencyResult } from "./latency.ts";
import { misconfig } from "./misconfig.ts";
import { unlessAborted } from "./abort.ts";
import { usageOf } from "./process-usage.ts";
import { conditionsNow, saveResult } from "./result.ts";
import type { Conditions, Progress, Result } from "./result.ts";

const BENCHES = ["latency", "idle", "misconfig", "episodes"] as const;
type Bench = (typeof BENCHES)[number];

interface Flags {
  readonly builds: number;
  readonly stacks: number;
  readonly breaks: number;
  readonly pollSeconds: number;
  readonly minutes: number;
  readonly rounds: number;
  readonly episodes: number;
  readonly json?: true;
}

const program = new Command("npm run bench --")
  .description(
    "Measures, each beside a baseline in the same run:\n" +
      "  latency    from a terminal status to the medic's first write, beside a Python poller (fake nodes)\n" +
      "  idle       requests, CPU and memory while nothing happens, beside the same poller (fake nodes)\n" +
      "  misconfig  from a bad image to Ready, beside an oracle that knows the fault (the local farm must be up)\n" +
      "  episodes   seconds, requests, tokens, dollars and memory of rehearsed episodes, with and without the evidence",
  )
  .addArgument(new Argument("[bench...]", "which to run; all by default").choices(BENCHES))
  .addOption(number("--builds <n>", "latency, idle: builds at once", 10))
  .addOption(number("--stacks <n>", "latency, idle: stacks in each build, of two pods each", 15))
  .addOption(number("--breaks <n>", "latency: stacks broken for the medic, and as often for the poller", 120))
  .addOption(number("--poll-seconds <n>", "latency, idle: how often the poller sweeps", 5))
  .addOption(number("--minutes <n>", "idle: how long nothing happens", 10))
  .addOption(number("--rounds <n>", "misconfig: how often the medic and the oracle repair", 12))
  .addOption(number("--episodes <n>", "episodes: how often each of them is played", 12))
  .option("--json", "print the results as JSON")
  .showHelpAfterError(false)
  .exitOverride()
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

function number(flags: string, what: string, value: number): Option {
  return new Option(flags, what).default(value).argParser((text) => {
    const parsed = Number(text);
    if (!(parsed > 0)) throw new InvalidArgumentError("It must be a number above zero.");
    return parsed;
  });
}

function run(chosen: readonly Bench[], flags: Flags): Promise<void> {
  const begin = Date.now();
  const progress: Progress = (line) =>
    console.error(`${((Date.now() - begin) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const wanted = new Set(chosen.length > 0 ? chosen : BENCHES);
  return interruptible((signal) => measure(wanted, flags, { progress, signal }), progress);
}

interface Frame {
  readonly progress: Progress;
  /** Ends it early, cleaned up. */
  readonly signal: AbortSignal;
}

async function measure(wanted: ReadonlySet<Bench>, flags: Flags, frame: Frame): Promise<void> {
  const all: (Result & { conditions: Conditions })[] = [];
  const finish = async (results: readonly Result[], load: number): Promise<void> => {
    const conditions = await conditionsNow(load);
    for (const result of results) {
      const path = await saveResult(result, conditions);
      all.push({ ...result, conditions });
      if (!flags.json) console.log(`\n${format(result, conditions)}\n  ${relative(process.cwd(), path)}`);
    }
  };
  const load = (): number => loadavg()[0] ?? 0;
  const before = load();
  if (wanted.has("latency") || wanted.has("idle"))
    await finish(await onFakeNodes(wanted, flags, frame), before);
  const between = load();
  if (wanted.has("misconfig")) await finish([await misconfig({ rounds: flags.rounds, ...frame })], between);
  const after = load();
  if (wanted.has("episodes")) await finish([await episodes({ episodes: flags.episodes, ...frame })], after);
  if (flags.json) console.log(JSON.stringify(all, undefined, 2));
  if (all.some(({ goals }) => goals.some(({ met }) => !met))) process.exitCode = 1;
}

/** Both benches on fake nodes look at one medic and one poller: first while nothing happens, then while things break. */
async function onFakeNodes(
  wanted: ReadonlySet<Bench>,
  flags: Flags,
  { progress, signal }: Frame,
): Promise<readonly Result[]> {
  const crowd = await startCrowd({ ...flags, progress });
  try {
    const idle = wanted.has("idle")
      ? await unlessAborted(idleAway(crowd, { ...flags, progress }), signal)
      : undefined;
    const breaks = wanted.has("latency")
      ? await unlessAborted(breakStacks(crowd, { ...flags, progress }), signal)
      : undefined;
    const usage = await usageOf(crowd.medic.pid);
    await crowd.silence();
    return [
      ...(idle === undefined ? [] : [await idleResult(crowd, idle, usage)]),
      ...(breaks === undefined ? [] : [await latencyResult(crowd, breaks, { ...flags, progress })]),
    ];
  } catch (error) {
    if (!signal.aborted)
      progress(`failed; who said what is in ${relative(process.cwd(), await crowd.keepRecords())}`);
    throw error;
  } finally {
    await crowd.stop();
  }
}

function format({ title, columns, rows, notes, goals }: Result, conditions: Conditions): string {
  const { system, processors, memoryGib, node, load, commit, at } = conditions;
  return [
    title,
    "",
    formatTable([columns, ...rows.map(({ what, values }) => [what, ...values])]),
    "",
    ...goals.map(({ what, met }) => `${met ? "met" : "NOT MET"}: ${what}`),
    ...notes.map((note) => `  ${note}`),
    `  ${at}, commit ${commit}, ${system}, ${processors} processors, ${memoryGib} GiB, Node ${node}, load ${load.join(" to ")}`,
  ].join("\n");
}
