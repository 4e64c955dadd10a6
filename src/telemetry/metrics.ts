import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { EpisodeEnd, Telemetry } from "../controllers/ports.ts";
import type { Action } from "../core/action.ts";
import { Reasons } from "../core/finding.ts";
import { Phases, isClosed } from "../core/incident.ts";
import type { Incident } from "../core/incident.ts";
import type { Totals } from "../core/totals.ts";
import { metricTable } from "./metric-table.ts";
import type { MetricInfo, MetricName } from "./metric-table.ts";

/** What an informer has counted since the start. */
interface InformerCounts {
  readonly lists: number;
  readonly watches: number;
  readonly errors: number;
}

export interface Metrics {
  readonly telemetry: Telemetry;
  readonly contentType: string;
  /** Everything in the Prometheus text format. */
  text(): Promise<string>;
  /** Asked whenever the metrics are read. */
  watchQueue(depth: () => number): void;
  watchIncidents(list: () => readonly Incident[]): void;
  /** Sums over the kept Incidents. */
  watchTotals(read: () => Totals): void;
  watchLeader(read: () => boolean): void;
  spansSent(outcome: "sent" | "failed", spans: number): void;
  /** Dollars of the hourly budget that are used now. */
  watchSpending(read: () => number): void;
  /** By resource. */
  watchInformers(read: () => Readonly<Record<string, InformerCounts>>): void;
}

/** A registry of its own with every metric of the table, and Node's process metrics. */
export function createMetrics(options: { readonly version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const refreshers: (() => void)[] = [];
  const counter = (name: MetricName): Counter => new Counter({ ...settingsOf(name), registers: [registry] });
  const gauge = (name: MetricName): Gauge => new Gauge({ ...settingsOf(name), registers: [registry] });
  const histogram = (name: MetricName): Histogram =>
    new Histogram({ ...settingsOf(name), registers: [registry] });

  const lists = counter("buildmedic_informer_lists_total");
  const watches = counter("buildmedic_informer_watches_total");
  const failures = counter("buildmedic_informer_errors_total");
  const depth = gauge("buildmedic_queue_depth");
  const open = gauge("buildmedic_incidents_open");
  const leading = gauge("buildmedic_leading");
  const spent = gauge("buildmedic_hour_spent_dollars");
  const spans = counter("buildmedic_trace_spans_total");
  const showTotals = totalsGauges(gauge);
  gauge("buildmedic_build_info").set({ version: options.version, node: process.version }, 1);

  return {
    telemetry: createTelemetry(counter, histogram),
    contentType: registry.contentType,
    text() {
      for (const refresh of refreshers) refresh();
      return registry.metrics();
    },
    watchQueue: (read) => void refreshers.push(() => depth.set(read())),
    watchIncidents: (list) => void refreshers.push(() => countByPhase(open, list())),
    spansSent: (outcome, count) => spans.inc({ outcome }, count),
    watchTotals: (read) => void refreshers.push(() => showTotals(read())),
    watchLeader: (read) => void refreshers.push(() => leading.set(read() ? 1 : 0)),
    watchSpending: (read) => void refreshers.push(() => spent.set(read())),
    watchInformers: (read) =>
      void refreshers.push(() => {
        for (const [resource, counts] of Object.entries(read())) {
          follow(lists, resource, counts.lists);
          follow(watches, resource, counts.watches);
          follow(failures, resource, counts.errors);
        }
      }),
  };
}

/** Brings a counter to what was counted elsewhere. */
function follow(counter: Counter, resource: string, value: number): void {
  counter.remove({ resource });
  counter.inc({ resource }, value);
}

function totalsGauges(gauge: (name: MetricName) => Gauge): (totals: Totals) => void {
  const incidents = gauge("buildmedic_incidents");
  const builds = gauge("buildmedic_builds");
  const minutes = gauge("buildmedic_saved_minutes");
  const would = gauge("buildmedic_would_have");
  const wouldBuilds = gauge("buildmedic_would_have_saved_builds");
  const wouldMinutes = gauge("buildmedic_would_have_saved_minutes");
  const wouldCost = gauge("buildmedic_would_have_cost_dollars");
  return (totals) => {
    const { total: _, ...outcomes } = totals.incidents;
    for (const [outcome, count] of Object.entries(outcomes)) incidents.set({ outcome }, count);
    const { total: __, ...came } = totals.builds;
    for (const [outcome, count] of Object.entries(came)) builds.set({ outcome }, count);
    minutes.set(totals.minutesSaved);
    const { worstUsd, buildsSaved, minutesSaved, ...held } = totals.wouldHave;
    for (const [what, count] of Object.entries(held)) would.set({ what }, count);
    wouldBuilds.set(buildsSaved);
    wouldMinutes.set(minutesSaved);
    wouldCost.set(worstUsd);
  };
}

const episodeOutcomes: readonly (EpisodeEnd | "no-budget" | "not-audited")[] = [
  "completed",
  "max-turns",
  "budget",
  "deadline",
  "aborted",
  "refusal",
  "api-error",
  "wrong-tools",
  "crashed",
  "no-budget",
  "not-audited",
];

const actionKinds: readonly Action["kind"][] = [
  "reconcile-to-intent",
  "restart-pod",
  "rollback-release",
  "uncordon-node",
];

function createTelemetry(
  counter: (name: MetricName) => Counter,
  histogram: (name: MetricName) => Histogram,
): Telemetry {
  const reconciles = counter("buildmedic_reconciles_total");
  const reconcileSeconds = histogram("buildmedic_reconcile_duration_seconds");
  const decisions = counter("buildmedic_decisions_total");
  const actions = counter("buildmedic_actions_total");
  const refusals = counter("buildmedic_refusals_total");
  const closed = counter("buildmedic_incidents_closed_total");
  const incidentSeconds = histogram("buildmedic_incident_duration_seconds");
  const escalations = counter("buildmedic_escalations_total");
  const tools = counter("buildmedic_tool_calls_total");
  const episodes = counter("buildmedic_episodes_total");
  const episodeSeconds = histogram("buildmedic_episode_duration_seconds");
  const dollars = counter("buildmedic_episode_cost_dollars_total");
  const tokens = counter("buildmedic_episode_tokens_total");
  const turns = counter("buildmedic_episode_turns_total");
  // A series that appears with its first event has grown by nothing, and an alert on its growth would miss that one.
  for (const outcome of ["sent", "failed", "duplicate"]) escalations.inc({ outcome }, 0);
  for (const outcome of episodeOutcomes) episodes.inc({ outcome }, 0);
  for (const action of actionKinds)
    for (const outcome of ["applied", "failed"]) actions.inc({ action, outcome }, 0);
  for (const code of ["NotTheIntent", "WidensPrivileges", "OutOfScope"])
    for (const action of actionKinds) refusals.inc({ action, code }, 0);
  closed.inc({ phase: "Escalated", reason: "Storm", tier: 1 }, 0);
  return {
    decided: (plan, reason) => decisions.inc({ plan, reason: reasonLabel(reason) }),
    acted: (action, outcome) => actions.inc({ action, outcome }),
    refused: (action, code) => refusals.inc({ action, code }),
    incidentClosed(phase, reason, tier, seconds) {
      closed.inc({ phase, reason: reasonLabel(reason), tier });
      incidentSeconds.observe({ phase, tier }, Math.max(0, seconds));
    },
    escalated: (outcome) => escalations.inc({ outcome }),
    toolCalled: (tool, outcome) => tools.inc({ tool, outcome }),
    episodeEnded(outcome, cost) {
      episodes.inc({ outcome });
      episodeSeconds.observe({ outcome }, Math.max(0, cost.seconds));
      dollars.inc(cost.usd);
      tokens.inc(cost.tokens);
      turns.inc(cost.turns);
    },
    reconciled(seconds, outcome) {
      reconciles.inc({ outcome });
      reconcileSeconds.observe(Math.max(0, seconds));
    },
  };
}

function settingsOf(name: MetricName): {
  name: string;
  help: string;
  labelNames: string[];
  buckets?: number[];
} {
  const { help, labels = [], buckets }: MetricInfo = metricTable[name];
  return { name, help, labelNames: [...labels], ...(buckets === undefined ? {} : { buckets: [...buckets] }) };
}

/** A reason that came from a hand-edited Incident must not become a new time series. */
function reasonLabel(reason: string): string {
  return reason === "" ? "none" : Object.hasOwn(Reasons, reason) ? reason : "other";
}

function countByPhase(open: Gauge, incidents: readonly Incident[]): void {
  for (const phase of Phases.filter((candidate) => !isClosed(candidate))) {
    open.set({ phase }, incidents.filter(({ status }) => status.phase === phase).length);
  }
}
