import type { MetricName } from "../../src/telemetry/metric-table.ts";

/** What the dashboard shows, in our own words; grafana.ts makes Grafana's JSON of it. */
export interface Panel {
  readonly title: string;
  /** `stat` is one number, `series` its course over time, `bars` what happened in each interval. */
  readonly kind: "stat" | "series" | "bars";
  /** A sentence for the panel's (i). */
  readonly description: string;
  readonly unit: "short" | "currencyUSD" | "s" | "m" | "bytes" | "ops";
  readonly queries: readonly Query[];
  /** Columns of 24. */
  readonly width: number;
  /** Whether series lie on each other. */
  readonly stacked?: boolean;
}

export interface Query {
  readonly expr: string;
  /** In Grafana's words: `{{outcome}}`. */
  readonly legend: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A metric of ours, by a name that the compiler knows. */
const m = (name: MetricName, labels = ""): string => `${name}${labels === "" ? "" : `{${labels}}`}`;
/** What Node's process tells of itself, for the medic's own. */
const own = (name: string): string => `${name} * on (instance) group_left () ${m("buildmedic_build_info")}`;
/** For counters whose series appear with their first event, which no increase shows. */
const sinceStart = (name: MetricName, by: string): string => `sum by (${by}) (${m(name)})`;
const grown = (name: MetricName, by: string, labels = ""): string =>
  `sum by (${by}) (increase(${m(name, labels)}[$__rate_interval]))`;

const stat = (title: string, expr: string, more: Partial<Panel> & Pick<Panel, "description">): Panel => ({
  title,
  kind: "stat",
  unit: "short",
  width: 4,
  queries: [{ expr, legend: title }],
  ...more,
});

const panel = (
  kind: "series" | "bars",
  title: string,
  queries: readonly Query[],
  more: Partial<Panel> & Pick<Panel, "description">,
): Panel => ({ title, kind, unit: "short", width: 8, queries, ...more });

const KEPT = "Over the Incidents that are kept (incidentTtl), not over the time range.";

export const rows: readonly Row[] = [
  {
    title: "For the builds",
    panels: [
      stat("Builds saved", `max(${m("buildmedic_builds", 'outcome="saved"')})`, {
        description: `Builds whose every stack was ready before its tests, at least one by a repair. ${KEPT}`,
      }),
      stat("Minutes saved", `max(${m("buildmedic_saved_minutes")})`, {
        unit: "m",
        description: `rerunMinutes for each saved build. ${KEPT}`,
      }),
      stat("Handed to people", `max(${m("buildmedic_incidents", 'outcome="escalated"')})`, {
        description: `Incidents that ended in a message. ${KEPT}`,
      }),
      stat("Would have saved", `max(${m("buildmedic_would_have_saved_builds")})`, {
        description: `Builds whose every trouble had a repair that only mode: observe held back. Not done, and not counted as saved. ${KEPT}`,
      }),
      stat("Dollars", `sum(increase(${m("buildmedic_episode_cost_dollars_total")}[$__range]))`, {
        unit: "currencyUSD",
        description: "What episodes cost in the time range.",
      }),
      stat("Hour's budget used", `max(${m("buildmedic_hour_spent_dollars")})`, {
        unit: "currencyUSD",
        description: "Dollars of hourlyBudgetUsd that are spent or reserved now.",
      }),
    ],
  },
  {
    title: "Incidents",
    panels: [
      panel(
        "series",
        "Open incidents",
        [{ expr: `max by (phase) (${m("buildmedic_incidents_open")})`, legend: "{{phase}}" }],
        { stacked: true, description: "Incidents that are not closed, by phase." },
      ),
      panel(
        "series",
        "How incidents came out",
        [{ expr: `max by (outcome) (${m("buildmedic_incidents")})`, legend: "{{outcome}}" }],
        {
          stacked: true,
          description: `Repaired by the playbook (tier 1) or a model (tier 2), and the rest. ${KEPT}`,
        },
      ),
      panel(
        "series",
        "How builds with trouble came out",
        [{ expr: `max by (outcome) (${m("buildmedic_builds")})`, legend: "{{outcome}}" }],
        { stacked: true, description: KEPT },
      ),
      panel(
        "series",
        "From detection to the end",
        [0.5, 0.95].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (rate(${m("buildmedic_incident_duration_seconds")}_bucket[$__range])))`,
          legend: `p${quantile * 100}`,
        })),
        { unit: "s", description: "Seconds of an incident, over the time range." },
      ),
      panel(
        "series",
        "What was wrong",
        [{ expr: sinceStart("buildmedic_incidents_closed_total", "reason"), legend: "{{reason}}" }],
        { stacked: true, description: "Closed incidents by their reason, since the medic started." },
      ),
      panel(
        "series",
        "Held back",
        [{ expr: `max by (what) (${m("buildmedic_would_have")})`, legend: "{{what}}" }],
        { stacked: true, description: `What only the mode, or the want of a model, held back. ${KEPT}` },
      ),
    ],
  },
  {
    title: "What it did",
    panels: [
      panel(
        "bars",
        "Writes to the cluster",
        [{ expr: grown("buildmedic_actions_total", "action, outcome"), legend: "{{action}} {{outcome}}" }],
        { stacked: true, description: "Each is in the audit log." },
      ),
      panel(
        "series",
        "Refused",
        [{ expr: sinceStart("buildmedic_refusals_total", "code"), legend: "{{code}}" }],
        { stacked: true, description: "Actions that were not permitted, by why, since the medic started." },
      ),
      panel(
        "bars",
        "Messages",
        [{ expr: grown("buildmedic_escalations_total", "outcome"), legend: "{{outcome}}" }],
        { stacked: true, description: "Attempts to deliver the one message of an incident." },
      ),
    ],
  },
  {
    title: "Tier 2",
    panels: [
      panel(
        "bars",
        "Episodes",
        [{ expr: grown("buildmedic_episodes_total", "outcome"), legend: "{{outcome}}" }],
        {
          stacked: true,
          width: 6,
          description: "By how they ended, also those that were not begun.",
        },
      ),
      panel(
        "series",
        "Tool calls",
        [{ expr: sinceStart("buildmedic_tool_calls_total", "tool"), legend: "{{tool}}" }],
        {
          stacked: true,
          width: 6,
          description: "What a model looked at and asked for, since the medic started.",
        },
      ),
      panel(
        "series",
        "Dollars since the start",
        [{ expr: `sum(${m("buildmedic_episode_cost_dollars_total")})`, legend: "dollars" }],
        { unit: "currencyUSD", width: 6, description: "Of episodes, since the medic started." },
      ),
      panel(
        "series",
        "Seconds of an episode",
        [0.5, 0.95].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (rate(${m("buildmedic_episode_duration_seconds")}_bucket[$__range])))`,
          legend: `p${quantile * 100}`,
        })),
        { unit: "s", width: 6, description: "Over the time range." },
      ),
    ],
  },
  {
    title: "Itself",
    panels: [
      stat("Leads", `max(${m("buildmedic_leading")})`, {
        description: "1 while some replica holds the lease and acts.",
      }),
      stat("Version", `max by (version) (${m("buildmedic_build_info")})`, {
        queries: [{ expr: `max by (version) (${m("buildmedic_build_info")})`, legend: "{{version}}" }],
        description: "What runs.",
      }),
      panel(
        "series",
        "Passes over stacks",
        [
          {
            expr: `sum by (outcome) (rate(${m("buildmedic_reconciles_total")}[$__rate_interval]))`,
            legend: "{{outcome}}",
          },
        ],
        { unit: "ops", width: 8, description: "A second." },
      ),
      panel(
        "series",
        "Seconds of a pass",
        [
          {
            expr: `histogram_quantile(0.95, sum by (le) (rate(${m("buildmedic_reconcile_duration_seconds")}_bucket[$__rate_interval])))`,
            legend: "p95",
          },
        ],
        { unit: "s", width: 8, description: "With what is read and written in it." },
      ),
      panel(
        "bars",
        "Lists, watches and their errors",
        [
          { expr: grown("buildmedic_informer_lists_total", "resource"), legend: "list {{resource}}" },
          { expr: grown("buildmedic_informer_watches_total", "resource"), legend: "watch {{resource}}" },
          { expr: grown("buildmedic_informer_errors_total", "resource"), legend: "error {{resource}}" },
        ],
        { stacked: true, description: "An idle medic has no lists and hardly a watch." },
      ),
      panel("series", "Stacks waiting", [{ expr: `max(${m("buildmedic_queue_depth")})`, legend: "queue" }], {
        description: "To be looked at, now or later.",
      }),
      panel("series", "Memory", [{ expr: own("process_resident_memory_bytes"), legend: "{{instance}}" }], {
        unit: "bytes",
        description: "Resident, of the medic's process; an episode's child is another 220 MiB.",
      }),
    ],
  },
];
