import { hostname } from "node:os";
import { openAudit } from "./audit/audit-log.ts";
import { createDecisions } from "./audit/decisions.ts";
import { createTranscripts } from "./audit/transcripts.ts";
import { createApi } from "./api/server.ts";
import type { IncidentChange } from "./api/deps.ts";
import { serveApi } from "./api/serve.ts";
import { awaitCluster } from "./app/await-cluster.ts";
import { fenced } from "./app/fence.ts";
import { stateFolderId } from "./app/state-folder.ts";
import { pageDeps } from "./app/page-deps.ts";
import { openTraceTeller } from "./app/tell-traces.ts";
import { createTerm } from "./app/term.ts";
import type { Term } from "./app/term.ts";
import { announceTier2, openRunner } from "./app/tier2.ts";
import { totalsOptionsOf } from "./app/totals.ts";
import { withinRights } from "./app/within-rights.ts";
import { createChat } from "./chat/create-chat.ts";
import type { Config } from "./config.ts";
import { policyOf } from "./config/policy.ts";
import { describeConfig, secretsOf } from "./config.ts";
import type { Audit, Chat, Cluster, Decisions, Incidents, Log } from "./controllers/ports.ts";
import { LEADER_LEASE } from "./core/contract.ts";
import { farmState } from "./core/farm.ts";
import type { Incident } from "./core/incident.ts";
import { spentUsd } from "./core/ledger.ts";
import { createRedactor } from "./core/redact.ts";
import type { StackKey } from "./core/stack.ts";
import { totalsOf } from "./core/totals.ts";
import { ApiClient } from "./kube/api-client.ts";
import { createAnnouncer } from "./kube/announcer.ts";
import { createCluster } from "./kube/cluster.ts";
import { createIncidentStore } from "./kube/incidents.ts";
import type { ClusterAccess } from "./kube/kubeconfig.ts";
import { createElection } from "./kube/lease.ts";
import { preflight } from "./kube/preflight.ts";
import { systemClock } from "./lib/clock.ts";
import { MedicError } from "./lib/medic-error.ts";
import { createLog } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";

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
  const { access, environment, version } = options;
  let { config } = options;
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
  /** What the start waits for; `undefined` once the cluster has let the medic in. */
  let waitsFor: string | undefined = "the API server has not answered yet";
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
  const stackListeners = new Set<() => void>();
  let term: Term | undefined;
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
    farm: (snapshots) => farmState(snapshots, policyOf(config)),
    onChange: stackChanged,
  });
  const election = createElection({
    client,
    namespace: config.namespace,
    name: LEADER_LEASE,
    identity: identityOf(config),
    clock,
    log,
  });
  const transcripts = createTranscripts({
    dir: config.stateDir,
    log,
    mirror: (line) => process.stdout.write(`${line}\n`),
  });
  const traces = await openTraceTeller({
    environment,
    version,
    provider: config.provider,
    transcripts,
    leads: () => election.holds(),
    onSent: (outcome, spans) => metrics.spansSent(outcome, spans),
    clock,
    redactor,
    log,
  });
  const runner = await openRunner(config, environment);
  const around = options.around ?? ((own: Ports) => own);
  const ports = fenced(
    {
      ...around({
        cluster: kube,
        incidents,
        audit,
        decisions,
        chat: createChat(config.chat, { log, publicUrl: config.publicUrl }),
      }),
      announcer: createAnnouncer({ client, clock, log }),
    },
    () => election.holds(),
  );

  function stackChanged(key: StackKey): void {
    term?.stackChanged(key);
    for (const listener of stackListeners) listener();
  }

  function incidentChanged(incident: Incident, removed: boolean): void {
    term?.incidentChanged(incident, removed);
    traces.incidentChanged(incident, removed);
    for (const listener of listeners)
      listener({ type: removed ? "incident-removed" : "incident-changed", incident });
  }

  /** Queues and controllers are made anew for each term: what an earlier one had in hand may be somebody else's by now. */
  async function lead(signal: AbortSignal): Promise<void> {
    const own = createTerm({
      ...ports,
      config,
      environment,
      transcripts,
      runner,
      clock,
      telemetry: metrics.telemetry,
      log,
    });
    term = own;
    // What an earlier leader may not have come to tell.
    for (const incident of incidents.list()) traces.incidentChanged(incident, false);
    try {
      await own.run(signal);
    } finally {
      if (term === own) term = undefined;
    }
  }

  const informers = { ...kube.informers, incidents: incidents.informer };
  const api = createApi({
    listIncidents: () => incidents.list(),
    listStacks: () => kube.stacks().flatMap((stack) => kube.peek(stack) ?? []),
    ready: () =>
      waitsFor === undefined ? readiness(informers) : { ready: false, checks: { cluster: waitsFor } },
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
    transcript: (name) => transcripts.read(name),
    ...pageDeps({
      version,
      startedAt: clock.now(),
      chat: ports.chat.channel,
      askedMode: options.config.mode,
      config: () => config,
      leads: () => election.holds(),
      incidents: () => incidents.list(),
    }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribeStacks: (listener) => {
      stackListeners.add(listener);
      return () => stackListeners.delete(listener);
    },
    clock,
    host: config.host,
    redactor,
    log,
  });
  metrics.watchQueue(() => term?.queueDepth() ?? 0);
  metrics.watchLeader(() => election.holds());
  metrics.watchIncidents(() => incidents.list());
  const totalsOptions = totalsOptionsOf(config);
  metrics.watchTotals(() => totalsOf(incidents.list(), totalsOptions));
  metrics.watchSpending(() => spentUsd(incidents.list(), clock.now()));
  metrics.watchInformers(() =>
    Object.fromEntries(Object.entries(informers).map(([name, informer]) => [name, informer.stats()])),
  );
  const http = await serveApi(api, { host: config.host, port: config.port });
  log.info("listening", { url: http.url });

  /** Asks what must be there, and makes the medic an observer when its account may do too much. */
  async function beLetIn(): Promise<void> {
    await preflight(client, { namespace: config.namespace, ...policyOf(config) }, call);
    config = await withinRights(config, client, { log, signal: call.signal });
  }

  let running: readonly Promise<void>[] = [];
  try {
    await awaitCluster(beLetIn, { clock, log, ...call, onWait: (problem) => (waitsFor = problem) });
    waitsFor = undefined;
    running = Object.values(informers).map((informer) => informer.start(call.signal));
    await Promise.all(Object.values(informers).map((informer) => informer.whenSynced(call.signal)));
    log.info("watching", { stacks: kube.stacks().length, incidents: incidents.list().length });
    await election.run(lead, call.signal);
  } catch (error) {
    // Stopped before it watched: that is no failure.
    if (!signal.aborted) throw error;
  } finally {
    stop.abort(new MedicError("stopping", "the medic is stopping"));
    await Promise.allSettled(running);
    await traces.stop();
    await http.close();
    await audit.close();
    client.close();
    log.info("stopped");
  }
}

/**
 * The same again after a restart on the same state folder, so that a restart need not wait for its own lease to run out. The
 * lock on that folder's audit log keeps a second process from using it.
 */
function identityOf({ stateDir }: Config): string {
  return `${hostname()}_${stateFolderId(stateDir)}`;
}

/** What an operator must know at start. */
function announce(config: Config, log: Log): void {
  announceTier2(config, log);
  if (config.mode === "observe") log.warn("observe mode: nothing in the cluster is changed");
  if (config.chat.kind === "none") {
    log.warn(
      "NO CHAT IS CONFIGURED: escalations go to this log and to the Incident only; set ROCKETCHAT_URL, ROCKETCHAT_USER_ID, ROCKETCHAT_TOKEN and ROCKETCHAT_CHANNEL, or one of the others in docs/chat.md",
    );
  }
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
