import { setTimeout as delay } from "node:timers/promises";
import { readAudit } from "./audit-trail.ts";
import type { AuditedRequest } from "./audit-trail.ts";
import type { Crowd } from "./crowd.ts";
import { usageOf } from "./process-usage.ts";
import type { Usage } from "./process-usage.ts";
import { round } from "./result.ts";
import type { Progress, Result } from "./result.ts";

export interface IdleOptions {
  readonly minutes: number;
  readonly progress: Progress;
}

/** What one process used in the idle time. */
interface Spent {
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** A span of time in which nothing happened to the stacks; epoch milliseconds. */
export interface IdleTime {
  readonly from: number;
  readonly to: number;
  readonly medic: Spent;
  readonly poller: Spent;
}

/** Both have looked around for the first time before the idle time begins. */
const SETTLE_MS = 15_000;
const SAMPLE_MS = 5_000;
const GOAL_RSS_MIB = 200;

/** Lets time pass and watches what medic and poller use. Rejects when one of them ends. */
export async function idleAway({ medic, poller }: Crowd, options: IdleOptions): Promise<IdleTime> {
  await delay(SETTLE_MS);
  const from = Date.now();
  const end = from + options.minutes * 60_000;
  const watched = [await startMeter(medic.pid), await startMeter(poller.pid)] as const;
  options.progress(`idle for ${options.minutes} minutes from now on`);
  let told = from;
  while (Date.now() < end) {
    await delay(Math.min(SAMPLE_MS, Math.max(end - Date.now(), 1)));
    for (const meter of watched) await meter.sample();
    if (Date.now() - told >= 60_000) {
      told = Date.now();
      options.progress(`idle for ${Math.round((told - from) / 60_000)} of ${options.minutes} minutes`);
    }
  }
  const [first, second] = watched;
  return { from, to: Date.now(), medic: first.spent(), poller: second.spent() };
}

interface Meter {
  sample(): Promise<void>;
  spent(): Spent;
}

async function startMeter(pid: number): Promise<Meter> {
  const first = await usageOf(pid);
  const samples: Usage[] = [first];
  return {
    async sample() {
      samples.push(await usageOf(pid));
    },
    spent() {
      const last = samples.at(-1) ?? first;
      const rss = samples.map(({ rssMib }) => rssMib);
      return {
        cpuSeconds: round(last.cpuSeconds - first.cpuSeconds, 2),
        rssMib: round(rss.reduce((sum, one) => sum + one, 0) / rss.length, 1),
        peakRssMib: round(Math.max(...rss), 1),
      };
    },
  };
}

/** Reads the requests of that time from the audit log. Medic and poller must have ended: an open watch is not in it yet. */
export async function idleResult(crowd: Crowd, time: IdleTime, afterwards: Usage): Promise<Result> {
  const requests = await readAudit(
    crowd.plane.auditLog,
    ({ agent, receivedAt, answeredAt }) =>
      (agent === "build-medic" || agent === "bench-poller") && receivedAt < time.to && answeredAt > time.from,
  );
  const [medic, poller] = [traffic(requests, "build-medic", time), traffic(requests, "bench-poller", time)];
  if (poller.list === 0) throw new Error("the poller listed nothing, so the comparison would prove nothing");
  const row = (what: string, of: (who: typeof medic, spent: Spent) => string) => ({
    what,
    values: [of(medic, time.medic), of(poller, time.poller)],
  });
  const minutes = round((time.to - time.from) / 60_000, 1);
  return {
    name: "idle",
    title: `${minutes} idle minutes, ${2 * crowd.targets.length} pods`,
    columns: ["", "medic", "poller"],
    rows: [
      row("list calls", (who) => String(who.list)),
      row("watches open at the same time", (who) => String(who.watchesAtOnce)),
      row("watches opened anew", (who) => String(who.watchesOpened)),
      row("other reads", (who) => String(who.get)),
      row("renewals of the Lease", (who) => String(who.renewals)),
      row("other writes", (who) => String(who.write)),
      row("CPU seconds", (_, spent) => spent.cpuSeconds.toFixed(1)),
      row("resident memory, mean", (_, spent) => `${Math.round(spent.rssMib)} MiB`),
      row("resident memory, highest", (_, spent) => `${Math.round(spent.peakRssMib)} MiB`),
    ],
    notes: [
      "Requests by the API server's audit log, CPU and memory by /proc.",
      `The medic's memory at its highest since its start, everything after the idle time included: ${Math.round(afterwards.peakRssMib)} MiB.`,
    ],
    goals: [
      { what: "no list call by the medic", met: medic.list === 0 },
      { what: `the medic's memory under ${GOAL_RSS_MIB} MiB`, met: afterwards.peakRssMib < GOAL_RSS_MIB },
    ],
    figures: {
      pods: 2 * crowd.targets.length,
      minutes,
      medic: { ...medic, ...time.medic, peakRssMibSinceStart: round(afterwards.peakRssMib, 1) },
      poller: { ...poller, ...time.poller },
    },
  };
}

interface Traffic {
  readonly list: number;
  readonly get: number;
  /** Updates of the Lease by which one medic leads. */
  readonly renewals: number;
  readonly write: number;
  readonly watchesAtOnce: number;
  readonly watchesOpened: number;
}

function traffic(all: readonly AuditedRequest[], agent: string, { from }: IdleTime): Traffic {
  const own = all.filter((request) => request.agent === agent);
  const watches = own.filter(({ verb }) => verb === "watch");
  const asked = own.filter(({ verb, receivedAt }) => verb !== "watch" && receivedAt >= from);
  const count = (isIt: (verb: string) => boolean): number => asked.filter(({ verb }) => isIt(verb)).length;
  const isWrite = (verb: string): boolean => verb !== "list" && verb !== "get";
  const renewals = asked.filter(({ verb, resource }) => isWrite(verb) && resource === "leases").length;
  return {
    list: count((verb) => verb === "list"),
    get: count((verb) => verb === "get"),
    renewals,
    write: count(isWrite) - renewals,
    watchesAtOnce: watches.filter(({ receivedAt }) => receivedAt < from).length,
    watchesOpened: watches.filter(({ receivedAt }) => receivedAt >= from).length,
  };
}
