import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cassette } from "../farm/rehearsal/cassette.ts";
import { loadCassettes } from "../farm/rehearsal/cassette.ts";
import type { PaperCluster } from "../farm/rehearsal/episode-on-paper.ts";
import { startRehearsal } from "../farm/rehearsal/rehearsal.ts";
import { aStack, policy } from "../test/support/builders.ts";
import type { StackBuilder } from "../test/support/builders.ts";
import { DEPLOYED, running, SECOND, unscheduled } from "../test/support/stack-pieces.ts";
import { AT_ONCE, CASES, episodesResult } from "./episodes-table.ts";
import type { Samples } from "./episodes-table.ts";
import { playEpisode } from "./paper-episode.ts";
import type { EpisodeFigures, PaperPlay } from "./paper-episode.ts";
import type { Progress, Result } from "./result.ts";

export interface EpisodesOptions {
  /** How often each case is played. */
  readonly episodes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

type Case = (typeof CASES)[number];

const PASSED_OVER = "0/2 nodes are available: 2 node(s) were unschedulable.";
const cordoned = aStack()
  .after(60 * SECOND)
  .withPod(unscheduled(PASSED_OVER))
  .podEvent("FailedScheduling", PASSED_OVER)
  .withNode("node-1", { unschedulable: true })
  .withNode("node-2", { unschedulable: true });
const deaf = aStack()
  .after(90 * SECOND)
  .withPod(running(DEPLOYED + 5 * SECOND));

/**
 * Plays rehearsed episodes with the real SDK on a cluster on paper: the cordon with the evidence in its prompt and
 * without it, the network, and three cordons at once. Each episode (each three) has a rehearsal of its own, so none finds
 * the prompt of another in the cache. Rejects when an episode does not come to its end.
 */
export async function episodes(options: EpisodesOptions): Promise<Result> {
  const workDir = await mkdtemp(join(tmpdir(), "build-medic-bench-"));
  try {
    return episodesResult(await measure(options, workDir));
  } finally {
    await rm(workDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measure({ episodes, progress, signal }: EpisodesOptions, workDir: string): Promise<Samples> {
  const own = await loadCassettes();
  const withoutEvidence = await loadCassettes(join(import.meta.dirname, "cassettes"));
  const named = (name: string): Cassette[] => withoutEvidence.filter((cassette) => cassette.name === name);
  const log = await readFile(
    new URL("../farm/rehearsal/fixtures/server-delay.jsonl", import.meta.url),
    "utf8",
  );
  const logs = { "server-0-0": log.replaceAll("db-2", "db-0") };
  const plays: Record<
    Case,
    { cassettes: Cassette[]; evidence: boolean; cluster: (name: string) => PaperCluster }
  > = {
    cordon: { cassettes: own, evidence: true, cluster: (name) => on(cordoned, name) },
    cordonStepByStep: {
      cassettes: named("cordon-step-by-step"),
      evidence: false,
      cluster: (name) => on(cordoned, name),
    },
    cordonAtOnce: {
      cassettes: named("cordon-at-once"),
      evidence: false,
      cluster: (name) => on(cordoned, name),
    },
    network: { cassettes: own, evidence: true, cluster: (name) => ({ ...on(deaf, name), logs }) },
  };
  const together = async (which: Case, names: readonly string[]): Promise<readonly EpisodeFigures[]> => {
    const { cassettes, evidence, cluster } = plays[which];
    const rehearsal = await startRehearsal({ cassettes, report: () => {} });
    try {
      const stage = { rehearsal, workDir, signal };
      return await Promise.all(
        names.map((name) => playOnce({ name, evidence, cluster: cluster(name) }, stage, which)),
      );
    } finally {
      await rehearsal.close();
    }
  };
  const samples: Samples = {
    cordon: [],
    cordonStepByStep: [],
    cordonAtOnce: [],
    network: [],
    threeAtOnce: [],
    batchSeconds: [],
  };
  // The first one pays for reading the program from the disk.
  await together("cordon", ["warm-up"]);
  for (let index = 1; index <= episodes; index += 1) {
    for (const which of CASES) samples[which].push(...(await together(which, [`round-${index}`])));
    const names = Array.from({ length: AT_ONCE }, (_, at) => `round-${index}-${at}`);
    const begin = performance.now();
    samples.threeAtOnce.push(...(await together("cordon", names)));
    samples.batchSeconds.push((performance.now() - begin) / 1000);
    progress(`round ${index} of ${episodes}: four episodes one at a time, ${AT_ONCE} at once`);
  }
  return samples;
}

async function playOnce(
  play: PaperPlay,
  stage: Parameters<typeof playEpisode>[1],
  which: Case,
): Promise<EpisodeFigures> {
  const { figures, wishes } = await playEpisode(play, stage);
  const freed = wishes.flatMap((wish) => (wish.tool === "uncordon_node" ? [wish.node] : [])).join();
  if (freed !== (which === "network" ? "" : "node-1"))
    throw new Error(`an episode of ${which} freed ${freed || "no node"}; it does not count`);
  return figures;
}

function on(stack: StackBuilder, namespace: string): PaperCluster {
  return { snapshot: stack.namespace({ name: namespace }).snapshot(), policy };
}
