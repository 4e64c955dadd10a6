import { setTimeout as delay } from "node:timers/promises";
import { FarmError } from "../farm/build/kube.ts";
import { unlessAborted } from "./abort.ts";
import { openBench } from "./farm-bench.ts";
import type { FarmBench, Stack } from "./farm-bench.ts";
import { ratio } from "./latency.ts";
import { isReady, waitingReason } from "./mirror.ts";
import type { Change, Pod, StatefulSet } from "./mirror.ts";
import { median } from "./percentiles.ts";
import { round } from "./result.ts";
import type { Progress, Result } from "./result.ts";

export interface MisconfigOptions {
  /** How often each of the two repairs. */
  readonly rounds: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** When things were seen, milliseconds after the fault. */
interface Timeline {
  /** The bad pod shows that its image cannot be pulled. */
  readonly terminal: number;
  /** The StatefulSet has its image back. */
  readonly patched: number;
  /** The repaired pod exists. */
  readonly replaced: number;
  /** It is Ready. */
  readonly ready: number;
}

type Healer = "medic" | "oracle";

const READY_LIMIT_SECONDS = 120;
/** A stack that has just come up is left in peace for so long, so that the start of it is over. */
const SETTLE_MS = 3_000;
const GOAL_RATIO = 1.2;
const PULL_FAILED = new Set(["ErrImagePull", "ImagePullBackOff"]);

/**
 * Breaks a real stack on the local farm by an image that does not exist, again and again; in turns the medic repairs it
 * and an oracle, which knows the fault and makes the same two calls. Throws `FarmError` when no farm is up.
 */
export async function misconfig(options: MisconfigOptions): Promise<Result> {
  const bench = await openBench(options.progress);
  const rounds: Record<Healer, Timeline[]> = { medic: [], oracle: [] };
  try {
    for (let index = 1; index <= options.rounds; index += 1) {
      // The order changes too, so that neither is always the one on a warm machine.
      const order: readonly Healer[] = index % 2 === 1 ? ["medic", "oracle"] : ["oracle", "medic"];
      for (const healer of order) {
        const timeline = await oneRound(bench, healer, options.signal);
        rounds[healer].push(timeline);
        const seconds = (timeline.ready / 1000).toFixed(1);
        options.progress(`round ${index} of ${options.rounds}: ${healer}, ready again after ${seconds} s`);
      }
    }
  } finally {
    await bench.close();
  }
  return resultOf(rounds);
}

async function oneRound(bench: FarmBench, healer: Healer, signal: AbortSignal): Promise<Timeline> {
  signal.throwIfAborted();
  const stack = await bench.deploy({ watched: healer === "medic" });
  try {
    await delay(SETTLE_MS);
    return await unlessAborted(breakAndTime(stack, healer), signal);
  } finally {
    await stack.remove();
  }
}

async function breakAndTime(stack: Stack, healer: Healer): Promise<Timeline> {
  const first = stack.pods.get(stack.namespace, stack.pod);
  const oldRevision = stack.sets.get(stack.namespace, stack.statefulSet)?.status.updateRevision;
  if (first === undefined || oldRevision === undefined)
    throw new FarmError("the stack vanished before it was broken");
  const seen: Partial<Record<keyof Timeline, number>> = {};
  let bad: Pod | undefined;
  const mark = (moment: keyof Timeline, at: number): void => void (seen[moment] ??= at);
  const onPod = ({ object, deleted, at }: Change<Pod>): void => {
    if (deleted || object.metadata.name !== stack.pod || object.metadata.uid === first.metadata.uid) return;
    bad ??= object;
    if (object.metadata.uid === bad.metadata.uid && PULL_FAILED.has(waitingReason(object)))
      mark("terminal", at);
    if (object.metadata.uid === bad.metadata.uid) return;
    mark("replaced", at);
    if (isReady(object)) mark("ready", at);
  };
  const onSet = ({ object, at }: Change<StatefulSet>): void => {
    if (seen.terminal !== undefined && stack.hasIntendedImage(object)) mark("patched", at);
  };
  const ignore = [stack.pods.listen(onPod), stack.sets.listen(onSet)];
  try {
    const fault = performance.timeOrigin + performance.now();
    await stack.setImage(stack.badImage);
    await stack.pods.until(
      "the bad image is noticed",
      () => seen.terminal !== undefined,
      READY_LIMIT_SECONDS,
    );
    if (healer === "oracle" && bad !== undefined) await stack.repairAtOnce(bad, oldRevision);
    await stack.pods.until(`${healer}: ready again`, () => seen.ready !== undefined, READY_LIMIT_SECONDS);
    return timelineOf(seen as Timeline, fault);
  } finally {
    for (const stop of ignore) stop();
  }
}

function timelineOf(seen: Timeline, fault: number): Timeline {
  const since = (moment: keyof Timeline): number => round(seen[moment] - fault, 1);
  return {
    terminal: since("terminal"),
    patched: since("patched"),
    replaced: since("replaced"),
    ready: since("ready"),
  };
}

/** The parts of a timeline that are compared. */
const SPANS = {
  whole: ({ ready }: Timeline) => ready,
  withoutStart: ({ replaced }: Timeline) => replaced,
  repair: ({ terminal, replaced }: Timeline) => replaced - terminal,
  firstWrite: ({ terminal, patched }: Timeline) => patched - terminal,
  start: ({ replaced, ready }: Timeline) => ready - replaced,
} as const;

function resultOf(rounds: Readonly<Record<Healer, readonly Timeline[]>>): Result {
  const of = (healer: Healer, span: keyof typeof SPANS): number => median(rounds[healer].map(SPANS[span]));
  const row = (what: string, span: keyof typeof SPANS) => {
    const [medic, oracle] = [of("medic", span), of("oracle", span)];
    return { what, values: [seconds(medic), seconds(oracle), ratio(medic, oracle)] };
  };
  const medians = Object.fromEntries(
    (Object.keys(SPANS) as (keyof typeof SPANS)[]).map((span) => {
      const [medic, oracle] = [of("medic", span), of("oracle", span)];
      return [
        span,
        { medicMs: round(medic, 1), oracleMs: round(oracle, 1), ratio: round(medic / oracle, 3) },
      ];
    }),
  );
  return {
    name: "misconfig",
    title: `A bad image on a real stack, medians of ${rounds.medic.length} rounds each`,
    columns: ["", "medic", "oracle", "medic / oracle"],
    rows: [
      row("fault to Ready", "whole"),
      row("  the same without the repaired pod's start", "withoutStart"),
      row("  of it: failed pull to repaired pod", "repair"),
      row("  of it: failed pull to first write", "firstWrite"),
      row("  start of the repaired pod", "start"),
    ],
    notes: [
      "Fault: the patch that sets a bad image. Ready: the repaired pod's Ready condition. Seen through one watch for both.",
      "Without the start: fault to the repaired pod's existence, so without the time from there to Ready, which is the kubelet's.",
      "The oracle sets the image back as soon as it sees the failed pull and deletes the stuck pod as soon as the revision has changed.",
    ],
    goals: [
      {
        what: `fault to Ready, without the repaired pod's start, at most ${GOAL_RATIO}x the oracle's`,
        met: of("medic", "withoutStart") / of("oracle", "withoutStart") <= GOAL_RATIO,
      },
    ],
    figures: { medians, rounds },
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
