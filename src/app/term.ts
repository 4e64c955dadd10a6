import type { Transcripts } from "../audit/transcripts.ts";
import type { Config } from "../config.ts";
import { policyOf } from "../config/policy.ts";
import { durationMs } from "../config.ts";
import { createEscalationController } from "../controllers/escalation-controller.ts";
import { createIncidentLog } from "../controllers/incident-log.ts";
import { prune } from "../controllers/janitor.ts";
import type {
  Announcer,
  Audit,
  Call,
  Chat,
  Clock,
  Cluster,
  Decisions,
  Incidents,
  Log,
  Telemetry,
} from "../controllers/ports.ts";
import { createStackController } from "../controllers/stack-controller.ts";
import type { EpisodeRunner } from "../agent/run-episode.ts";
import type { Incident } from "../core/incident.ts";
import { isClosed } from "../core/incident.ts";
import { keyOf } from "../core/stack.ts";
import type { StackKey } from "../core/stack.ts";
import { WorkQueue } from "../kube/work-queue.ts";
import { systemClock } from "../lib/clock.ts";
import { messageOf } from "../lib/medic-error.ts";
import { episodesOf } from "./tier2.ts";
import { createTotalsTeller, totalsOptionsOf } from "./totals.ts";

/** How often closed incidents are looked through, in milliseconds. */
const PRUNE_EVERY_MS = 10 * 60_000;
/** How often the totals are logged, in milliseconds. */
const TOTALS_EVERY_MS = 60 * 60_000;

export interface TermDeps {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cluster: Cluster;
  readonly incidents: Incidents;
  readonly audit: Audit;
  readonly decisions: Decisions;
  readonly announcer: Announcer;
  readonly chat: Chat;
  readonly transcripts: Transcripts;
  readonly runner: EpisodeRunner | undefined;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** The work of one term as leader: queues and controllers that live no longer than the lease. */
export interface Term {
  stackChanged(key: StackKey): void;
  incidentChanged(incident: Incident, removed: boolean): void;
  queueDepth(): number;
  /** Works until the signal is aborted; resolves when nothing is under way any more. */
  run(signal: AbortSignal): Promise<void>;
}

/** Queues and controllers for one term; nothing begins before `run`. */
export function createTerm(deps: TermDeps): Term {
  const { config, cluster, incidents, clock, log, telemetry } = deps;
  const policy = policyOf(config);
  const stackQueue = new WorkQueue<StackKey>({ clock, log });
  const outbox = new WorkQueue<string>({ clock, log, concurrency: 2 });
  const episodeQueue = new WorkQueue<string>({ clock, log, concurrency: config.maxConcurrentEpisodes });
  const incidentLog = createIncidentLog({ incidents, clock, telemetry });
  const shared = { ...deps, incidentLog, policy };
  const tellTotals = createTotalsTeller({ incidents, log, options: totalsOptionsOf(config) });
  const episodes = deps.runner && episodesOf({ ...deps, runner: deps.runner }, shared);
  const escalations = createEscalationController(shared);
  const controller = createStackController({
    ...shared,
    episodes: {
      request: (name) => episodeQueue.add(name),
      isRunning: (name) => episodes?.isRunning(name) === true,
    },
  });

  async function reconcile(key: StackKey, call: Call): Promise<void> {
    const startedAt = clock.now();
    const again = await controller.reconcile(key, call).catch((error: unknown) => {
      telemetry.reconciled((clock.now() - startedAt) / 1000, "error");
      throw error;
    });
    telemetry.reconciled((clock.now() - startedAt) / 1000, "ok");
    if (again !== undefined) stackQueue.addAfter(key, again);
  }

  async function investigate(name: string, call: Call): Promise<void> {
    await episodes?.run(name, call);
    const spec = incidents.list().find((incident) => incident.name === name)?.spec;
    if (spec !== undefined) stackQueue.add(keyOf(spec));
  }

  /** The safety net: every stack, and those that only an open incident still knows. */
  function sweep(): void {
    const stacks = new Set([
      ...cluster.stacks().map(keyOf),
      ...incidents.list().map(({ spec }) => keyOf(spec)),
    ]);
    for (const stack of stacks) stackQueue.add(stack);
    for (const name of escalations.owed()) outbox.add(name);
  }

  function janitor(call: Call): void {
    prune({ incidents, clock, log, ttlMs: durationMs(config.incidentTtl) }, call).catch((error: unknown) =>
      log.warn("old incidents could not be removed", { error: messageOf(error) }),
    );
  }

  return {
    stackChanged: (key) => stackQueue.add(key),
    incidentChanged(incident, removed) {
      stackQueue.add(keyOf(incident.spec));
      if (!removed) outbox.add(incident.name);
      if (removed || isClosed(incident.status.phase)) episodes?.stop(incident.name, "its incident is closed");
    },
    queueDepth: () => stackQueue.stats().ready + stackQueue.stats().delayed,
    async run(signal) {
      sweep();
      tellTotals();
      const stops = [
        every(config.sweepSeconds * 1000, sweep),
        every(PRUNE_EVERY_MS, () => janitor({ signal })),
        every(TOTALS_EVERY_MS, tellTotals),
      ];
      await Promise.all([
        stackQueue.run((key, work) => reconcile(key, { signal: work }), signal),
        outbox.run((name, work) => escalations.deliver(name, { signal: work }), signal),
        episodeQueue.run((name, work) => investigate(name, { signal: work }), signal),
      ]);
      for (const stop of stops) stop();
    },
  };
}

function every(ms: number, work: () => void): () => void {
  let cancel = systemClock.after(ms, tick);
  function tick(): void {
    work();
    cancel = systemClock.after(ms, tick);
  }
  return () => cancel();
}
