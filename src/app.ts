import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInvestigator, worstOvershootUsd } from "./agent/investigator.ts";
import { reapOrphans } from "./agent/orphans.ts";
import { createEpisodeRunner } from "./agent/run-episode.ts";
import { openAudit } from "./audit/audit-log.ts";
import { createDecisions } from "./audit/decisions.ts";
import { createTranscripts } from "./audit/transcripts.ts";
import type { Transcripts } from "./audit/transcripts.ts";
import { createApi } from "./api/server.ts";
import type { IncidentChange } from "./api/server.ts";
import { serveApi } from "./api/serve.ts";
import { createChat } from "./chat/create-chat.ts";
import type { Config } from "./config.ts";
import { limitsOf, policyOf } from "./config/policy.ts";
import { describeConfig, durationMs, secretsOf } from "./config.ts";
import { createEpisodeController } from "./controllers/episode-controller.ts";
import type { EpisodeController, EpisodeDeps } from "./controllers/episode-controller.ts";
import { createEscalationController } from "./controllers/escalation-controller.ts";
import { createIncidentLog } from "./controllers/incident-log.ts";
import { prune } from "./controllers/janitor.ts";
import type { Audit, Chat, Cluster, Decisions, Incidents, Log } from "./controllers/ports.ts";
import { createStackController } from "./controllers/stack-controller.ts";
import { farmState } from "./core/farm.ts";
import { isClosed } from "./core/incident.ts";
import type { Incident } from "./core/incident.ts";
import { spentUsd, worstHourUsd } from "./core/ledger.ts";
import { createRedactor } from "./core/redact.ts";
import { keyOf } from "./core/stack.ts";
import type { StackKey } from "./core/stack.ts";
import { ApiClient } from "./kube/api-client.ts";
import { createCluster } from "./kube/cluster.ts";
import { createIncidentStore } from "./kube/incidents.ts";
import type { ClusterAccess } from "./kube/kubeconfig.ts";
import { preflight } from "./kube/preflight.ts";
import { WorkQueue } from "./kube/work-queue.ts";
import { systemClock } from "./lib/clock.ts";
import { MedicError, messageOf } from "./lib/medic-error.ts";
import { createLog } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";

/** How often closed incidents are looked through, in milliseconds. */
const PRUNE_EVERY_MS = 10 * 60_000;

export interface AppOptions {
  readonly config: Config;
  readonly access: ClusterAccess;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Lets a test stand between the controllers and the outside world. */
  readonly around?: (ports: Ports) => Ports;
}

/** The outside world as the controllers know it. */
export interface Ports {
  readonly cluster: Cluster;
  readonly incidents: Incidents;
  readonly audit: Audit;
  readonly decisions: Decisions;
  readonly chat: Chat;
}

/** Runs the medic until `signal` is aborted. Rejects with a MedicError (one sentence) when it cannot start. */
export async function runApp(options: AppOptions, signal: AbortSignal): Promise<void> {
  const { config, access, environment, version } = options;
  const clock = systemClock;
  const redactor = createRedactor({ known: secretsOf(config, environment) });
  const log = createLog({ level: config.logLevel, redactor });
  log.info("starting", {
    version,
    cluster: access.server,
    access: access.source,
    config: describeConfig(config),
  });
  announce(config, log);
  const client = new ApiClient({ access, version, clock });
  const policy = policyOf(config);
  await preflight(client, { namespace: config.namespace, ...policy }, { signal });
  const audit = await openAudit({
    dir: config.stateDir,
    now: clock.now,
    redactor,
    mirror: (line) => process.stdout.write(`${line}\n`),
  });
  const decisions = createDecisions({
    dir: config.stateDir,
    log,
    now: clock.now,
    known: secretsOf(config, environment),
  });
  const metrics = createMetrics({ version });
  const stop = new AbortController();
  const call = { signal: AbortSignal.any([signal, stop.signal]) };

  const listeners = new Set<(change: IncidentChange) => void>();
  const stackQueue = new WorkQueue<StackKey>({ clock, log });
  const outbox = new WorkQueue<string>({ clock, log, concurrency: 2 });
  const incidents = createIncidentStore({
    client,
    namespace: config.namespace,
    log,
    clock,
    onChange: incidentChanged,
  });
  const kube = createCluster({
    client,
    log,
    clock,
    incidents: () => incidents.list(),
    farm: (snapshots) => farmState(snapshots, policy),
    onChange: (key) => stackQueue.add(key),
  });
  const around = options.around ?? ((own: Ports) => own);
  const ports = around({ cluster: kube, incidents, audit, decisions, chat: createChat(config.chat, log) });
  const incidentLog = createIncidentLog({ incidents: ports.incidents, clock, telemetry: metrics.telemetry });
  const shared = { ...ports, incidentLog, clock, telemetry: metrics.telemetry, log };
  const episodeQueue = new WorkQueue<string>({ clock, log, concurrency: config.maxConcurrentEpisodes });
  const transcripts = createTranscripts({
    dir: config.stateDir,
    log,
    mirror: (line) => process.stdout.write(`${line}\n`),
  });
  const tier2 = await openTier2(options, { ...shared, policy, transcripts });
  const controller = createStackController({
    ...shared,
    policy,
    episodes: {
      request: (name) => episodeQueue.add(name),
      isRunning: (name) => tier2?.isRunning(name) === true,
    },
  });
  const escalations = createEscalationController(shared);

  function incidentChanged(incident: Incident, removed: boolean): void {
    const { namespace, client: stackClient } = incident.spec;
    stackQueue.add(keyOf({ namespace, client: stackClient }));
    if (!removed) outbox.add(incident.name);
    if (removed || isClosed(incident.status.phase)) tier2?.stop(incident.name, "its incident is closed");
    for (const listener of listeners)
      listener({ type: removed ? "incident-removed" : "incident-changed", incident });
  }

  const informers = { ...kube.informers, incidents: incidents.informer };
  const running = Object.values(informers).map((informer) => informer.start(call.signal));
  const api = createApi({
    listIncidents: () => incidents.list(),
    listStacks: () => kube.stacks().flatMap((stack) => kube.peek(stack) ?? []),
    ready: () => readiness(informers),
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
    transcript: (name) => transcripts.read(name),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clock,
    host: config.host,
    redactor,
    log,
  });
  metrics.watchQueue(() => stackQueue.stats().ready + stackQueue.stats().delayed);
  metrics.watchIncidents(() => incidents.list());
  metrics.watchSpending(() => spentUsd(incidents.list(), clock.now()));
  metrics.watchInformers(() =>
    Object.fromEntries(Object.entries(informers).map(([name, informer]) => [name, informer.stats()])),
  );
  const http = await serveApi(api, { host: config.host, port: config.port });
  log.info("listening", { url: http.url });

  try {
    await Promise.all(Object.values(informers).map((informer) => informer.whenSynced(call.signal)));
    log.info("watching", { stacks: kube.stacks().length, incidents: incidents.list().length });
    const sweep = startSweep(config.sweepSeconds * 1000, () => {
      for (const stack of stacksToLookAt(kube.stacks(), incidents)) stackQueue.add(stack);
      for (const name of escalations.owed()) outbox.add(name);
    });
    const janitor = startSweep(PRUNE_EVERY_MS, () => {
      prune({ incidents, clock, log, ttlMs: durationMs(config.incidentTtl) }, call).catch((error: unknown) =>
        log.warn("old incidents could not be removed", { error: messageOf(error) }),
      );
    });
    await Promise.all([
      stackQueue.run(async (key, workSignal) => {
        const startedAt = clock.now();
        const again = await controller.reconcile(key, { signal: workSignal }).catch((error: unknown) => {
          metrics.telemetry.reconciled((clock.now() - startedAt) / 1000, "error");
          throw error;
        });
        metrics.telemetry.reconciled((clock.now() - startedAt) / 1000, "ok");
        if (again !== undefined) stackQueue.addAfter(key, again);
      }, call.signal),
      outbox.run((name, workSignal) => escalations.deliver(name, { signal: workSignal }), call.signal),
      episodeQueue.run(async (name, workSignal) => {
        await tier2?.run(name, { signal: workSignal });
        const spec = incidents.list().find((incident) => incident.name === name)?.spec;
        if (spec !== undefined) stackQueue.add(keyOf(spec));
      }, call.signal),
    ]);
    sweep();
    janitor();
  } finally {
    stop.abort(new MedicError("stopping", "the medic is stopping"));
    await Promise.allSettled(running);
    await http.close();
    await audit.close();
    client.close();
    log.info("stopped");
  }
}

/** The episodes of tier 2; `undefined` without a provider. Rejects when the SDK's program is not installed. */
async function openTier2(
  { config, environment }: AppOptions,
  shared: Omit<EpisodeDeps, "investigator" | "limits" | "budget"> & { readonly transcripts: Transcripts },
): Promise<EpisodeController | undefined> {
  const workDir = agentFolder(config.stateDir);
  await reapOrphans(workDir);
  const { provider } = config;
  if (provider === "none") return undefined;
  const known = secretsOf(config, environment);
  const redactor = createRedactor({ known });
  const runner = createEpisodeRunner({
    provider,
    environment,
    workDir,
    redact: (text) => redactor.text(text),
  });
  const investigator = createInvestigator({
    runner,
    known,
    telemetry: shared.telemetry,
    openTranscript: (incident, redact) => shared.transcripts.open(incident, redact),
  });
  return createEpisodeController({ ...shared, investigator, limits: limitsOf(config), budget: config });
}

/** Short, for the path of a socket in it may not be long; the same again after a restart, to find what was left. */
function agentFolder(stateDir: string): string {
  const name = createHash("sha256").update(resolve(stateDir)).digest("hex").slice(0, 12);
  return join(tmpdir(), `build-medic-${name}`);
}

/** What an operator must know at start. */
function announce(config: Config, log: Log): void {
  if (config.provider === "none")
    log.info("no model credentials are set: playbook only, everything else escalates");
  else {
    const overshootUsd = worstOvershootUsd(limitsOf(config));
    log.info("tier 2 is on", {
      provider: config.provider,
      model: config.model,
      maxTurns: config.maxTurns,
      maxBudgetUsd: config.maxBudgetUsd,
      worstEpisodeUsd: cents(config.maxBudgetUsd + overshootUsd),
      worstHourUsd: cents(worstHourUsd(config, overshootUsd)),
      nodes: config.allowNodePatch ? "may be uncordoned" : "are never changed",
    });
  }
  if (config.mode === "observe") log.warn("observe mode: nothing in the cluster is changed");
  if (config.chat.kind === "none") {
    log.warn(
      "NO CHAT IS CONFIGURED: escalations go to this log and to the Incident only; set ROCKETCHAT_URL, ROCKETCHAT_USER_ID, ROCKETCHAT_TOKEN and ROCKETCHAT_CHANNEL, or ROCKETCHAT_WEBHOOK_URL",
    );
  }
}

/** Every stack, and those that only an open incident still knows. */
function stacksToLookAt(
  stacks: readonly { namespace: string; client: string }[],
  incidents: Incidents,
): Set<StackKey> {
  return new Set([...stacks.map(keyOf), ...incidents.list().map(({ spec }) => keyOf(spec))]);
}

function readiness(
  informers: Readonly<
    Record<string, { synced(): boolean; healthy(): boolean; problem(): string | undefined }>
  >,
): {
  ready: boolean;
  checks: Record<string, boolean | string>;
} {
  const checks = Object.fromEntries(
    Object.entries(informers).map(([name, informer]) => [
      name,
      informer.synced() && informer.healthy() ? true : (informer.problem() ?? false),
    ]),
  );
  return { ready: Object.values(checks).every((check) => check === true), checks };
}

function cents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}

function startSweep(everyMs: number, sweep: () => void): () => void {
  let cancel = systemClock.after(everyMs, tick);
  function tick(): void {
    sweep();
    cancel = systemClock.after(everyMs, tick);
  }
  return () => cancel();
}
