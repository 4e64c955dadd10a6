import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "../farm/cluster/api-client.ts";
import { serverImage, setsPath } from "../test/support/test-stack.ts";
import { readAudit } from "./audit-trail.ts";
import type { Crowd, Target } from "./crowd.ts";
import { imageOf, isReady } from "./mirror.ts";
import { percentilesOf } from "./percentiles.ts";
import type { Percentiles } from "./percentiles.ts";
import { concernsReaction, reactionTo } from "./reaction.ts";
import type { Break } from "./reaction.ts";
import { round } from "./result.ts";
import type { Progress, Result } from "./result.ts";

export interface LatencyOptions {
  /** How many stacks are broken for the medic, each once; as many breaks are for the poller. */
  readonly breaks: number;
  readonly pollSeconds: number;
  readonly progress: Progress;
}

/** What was broken, and when; the audit log tells the rest once medic and poller have ended. */
export interface Breaks {
  readonly medic: readonly Break[];
  readonly poller: readonly Break[];
}

const MISSING = "farm.test/server:missing";
const REPAIR_LIMIT_SECONDS = 90;
/** How long an incident stays open after its repair: what it takes to be verified, and a margin. */
const CLOSED_AFTER_MS = 12_000;
const GOAL_P99_MS = 1_000;

/**
 * Breaks stacks one after another, a few at a time, by an image that does not exist. Few, because a fault on a fifth of
 * all stacks at once is a storm, in which the medic rightly does nothing.
 */
export async function breakStacks(crowd: Crowd, options: LatencyOptions): Promise<Breaks> {
  const medics = crowd.targets.filter(({ owner }) => owner === "medic");
  const pollers = crowd.targets.filter(({ owner }) => owner === "poller");
  if (medics.length < options.breaks)
    throw new Error(
      `--breaks ${options.breaks} is more than the medic's ${medics.length} stacks: each breaks once.`,
    );
  const atOnce = Math.max(1, Math.floor(crowd.targets.length * 0.08));
  const pollersAtOnce = Math.max(1, Math.floor(atOnce / 3));
  const broken = { medic: [] as Break[], poller: [] as Break[] };
  const record = (owner: Target["owner"], one: Break): void => {
    broken[owner].push(one);
    const [medic, poller] = [broken.medic.length, broken.poller.length];
    if ((medic + poller) % 20 === 0)
      options.progress(
        `broken so far: ${medic} for the medic, ${poller} for the poller, of ${options.breaks} each`,
      );
  };
  const medicQueue = medics.slice(0, options.breaks);
  const pollerQueue = Array.from({ length: options.breaks }, (_, index) => pollers[index % pollers.length]!);
  await Promise.all([
    ...workers(atOnce, medicQueue, async (target) => {
      await breakAndWait(crowd, target, (one) => record("medic", one));
      await delay(CLOSED_AFTER_MS);
    }),
    // At any time within a sweep's interval, for that is when things break.
    ...workers(pollersAtOnce, pollerQueue, async (target) => {
      await delay(Math.random() * options.pollSeconds * 1000);
      await breakAndWait(crowd, target, (one) => record("poller", one));
    }),
  ]);
  return broken;
}

/** `count` loops that share one queue; they do not begin at the same moment. */
function workers<T>(count: number, queue: T[], work: (item: T) => Promise<void>): Promise<void>[] {
  return Array.from({ length: count }, async (_, index) => {
    await delay((index * CLOSED_AFTER_MS) / count);
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
}

async function breakAndWait(
  { plane, pods, sets }: Crowd,
  { namespace, statefulSet }: Target,
  record: (one: Break) => void,
): Promise<void> {
  const pod = `${statefulSet}-0`;
  const before = pods.get(namespace, pod)?.metadata.uid;
  const at = Date.now();
  record({ namespace, statefulSet, at });
  const patch = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: MISSING }];
  const answer = await callApi(plane.admin, "PATCH", `${setsPath(namespace)}/${statefulSet}`, {
    body: patch,
    contentType: "application/json-patch+json",
  });
  if (answer.status !== 200) throw new Error(`break ${namespace}/${statefulSet}: ${answer.status}`);
  const isRepaired = (): boolean => {
    const [set, now] = [sets.get(namespace, statefulSet), pods.get(namespace, pod)];
    if (set === undefined || now === undefined) return false;
    return imageOf(set) === serverImage && now.metadata.uid !== before && isReady(now);
  };
  await pods.until(`${namespace}/${statefulSet} is repaired`, isRepaired, REPAIR_LIMIT_SECONDS);
}

/** Reads the figures from the API server's audit log. Rejects when a repaired stack has no story in it. */
export async function latencyResult(crowd: Crowd, breaks: Breaks, options: LatencyOptions): Promise<Result> {
  const requests = await readAudit(crowd.plane.auditLog, concernsReaction);
  const reactions = (broken: readonly Break[], agent: string): readonly number[] =>
    broken.map((one, index) => {
      const next = broken.slice(index + 1).find((later) => isSame(later, one))?.at;
      const reaction = reactionTo(one, requests, agent, next);
      if (reaction === undefined)
        throw new Error(`the audit log tells no repair of ${one.namespace}/${one.statefulSet}`);
      return round(reaction.ms, 1);
    });
  const samples = {
    medic: reactions(breaks.medic, "build-medic"),
    poller: reactions(breaks.poller, "bench-poller"),
  };
  const [medic, poller] = [percentilesOf(samples.medic), percentilesOf(samples.poller)];
  const row = (what: string, key: keyof Percentiles) => ({
    what,
    values: [`${Math.round(medic[key])} ms`, `${Math.round(poller[key])} ms`, ratio(poller[key], medic[key])],
  });
  return {
    name: "latency",
    title: `From a terminal status to the first write, ${2 * crowd.targets.length} pods`,
    columns: ["", "medic", `poller, every ${options.pollSeconds} s`, "poller / medic"],
    rows: [
      { what: "breaks", values: [String(medic.count), String(poller.count), ""] },
      row("half of them within", "p50"),
      row("90 %", "p90"),
      row("99 %", "p99"),
      row("slowest", "max"),
    ],
    notes: [
      "From when the API server got the pod's ImagePullBackOff to when it got the first write to the StatefulSet, by its audit log.",
    ],
    goals: [{ what: `p99 of the medic under ${GOAL_P99_MS} ms`, met: medic.p99 < GOAL_P99_MS }],
    figures: { pods: 2 * crowd.targets.length, medic, poller, samplesMs: samples },
  };
}

function isSame(left: Break, right: Break): boolean {
  return left.namespace === right.namespace && left.statefulSet === right.statefulSet;
}

export function ratio(part: number, whole: number): string {
  return `${(part / whole).toFixed(part / whole < 10 ? 2 : 0)}x`;
}
