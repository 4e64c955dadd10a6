import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { paperTask } from "../farm/rehearsal/episode-on-paper.ts";
import type { PaperCluster } from "../farm/rehearsal/episode-on-paper.ts";
import type { Rehearsal } from "../farm/rehearsal/rehearsal.ts";
import { redactorFor } from "../src/agent/present.ts";
import { createEpisodeRunner } from "../src/agent/run-episode.ts";
import { bareTaskPrompt, taskPrompt } from "../src/agent/task-prompt.ts";
import { episodeTools } from "../src/agent/tools/all-tools.ts";
import type { EpisodeLimits, EpisodeOutcome } from "../src/controllers/ports.ts";
import type { Wish } from "../src/core/propose.ts";
import { usageOf } from "./process-usage.ts";

/** One episode to play: on what cluster, and whether its prompt has the evidence. */
export interface PaperPlay {
  readonly cluster: PaperCluster;
  readonly evidence: boolean;
  /** Names the child's files; no two at once may share it. */
  readonly name: string;
}

export interface Stage {
  readonly rehearsal: Rehearsal;
  readonly workDir: string;
  readonly signal: AbortSignal;
}

/** What one episode took. */
export interface EpisodeFigures {
  readonly seconds: number;
  readonly requests: number;
  readonly tokens: number;
  readonly usd: number;
  /** Of the SDK's process, at its highest. */
  readonly peakRssMib: number;
}

/** The defaults of the configuration. */
export const limits: EpisodeLimits = {
  model: "claude-sonnet-4-6",
  maxTurns: 12,
  maxBudgetUsd: 0.5,
  timeoutMs: 300_000,
};

const systemPrompt = readFileSync(new URL("../src/agent/prompts/system.md", import.meta.url), "utf8").trim();
const SAMPLE_MS = 10;

/** Plays one episode of the real SDK against the rehearsal, on a cluster on paper. Rejects when it does not complete. */
export async function playEpisode(
  { cluster, evidence, name }: PaperPlay,
  { rehearsal, workDir, signal }: Stage,
): Promise<{ readonly figures: EpisodeFigures; readonly wishes: readonly Wish[] }> {
  const { incident, snapshot, findings, hands, wishes } = paperTask(cluster);
  const redactor = redactorFor(snapshot, []);
  const task = { incident, snapshot, findings, redactor };
  const environment = { PATH: process.env["PATH"] ?? "", ...rehearsal.environment };
  const runner = createEpisodeRunner({ provider: "anthropic", environment, workDir });
  const over = new AbortController();
  const peak = watchMemory(join(workDir, `${name}.child`), over.signal);
  const begin = performance.now();
  const outcome = await runner.run(
    {
      incident: name,
      systemPrompt,
      prompt: evidence ? taskPrompt(task) : bareTaskPrompt(task),
      tools: episodeTools({ hands, redactor, pod: incident.spec.pod, onAnswer: () => {} }),
      limits,
      onMessage: () => {},
      onLatch: () => {},
      canUse: () => ({ allowed: true }),
    },
    { signal },
  );
  const seconds = (performance.now() - begin) / 1000;
  over.abort();
  signal.throwIfAborted();
  if (outcome.end !== "completed") throw new Error(`an episode ended as ${outcome.end}: ${outcome.detail}`);
  return { figures: figuresOf(outcome, seconds, await peak), wishes };
}

function figuresOf(outcome: EpisodeOutcome, seconds: number, peakRssMib: number): EpisodeFigures {
  const { turns, tokens, costUsd } = outcome;
  return { seconds, requests: turns, tokens, usd: costUsd, peakRssMib };
}

/** The kernel keeps the highest value itself, so the last look before the process ends is enough. */
async function watchMemory(record: string, over: AbortSignal): Promise<number> {
  let peak = 0;
  while (!over.aborted) {
    try {
      const { pid } = JSON.parse(await readFile(record, "utf8")) as { pid: number };
      peak = Math.max(peak, (await usageOf(pid)).peakRssMib || 0);
    } catch {
      // Not there yet, or no more.
    }
    await delay(SAMPLE_MS);
  }
  return peak;
}
