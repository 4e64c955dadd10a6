/** One metric as it is declared and documented. */
export interface MetricInfo {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

/** Every metric of Build Medic. Labels come from closed sets: never the name of a pod, stack or build. */
export const metricTable = {
  buildmedic_build_info: {
    type: "gauge",
    help: "Always 1; the version is a label.",
    labels: ["version", "node"],
  },
  buildmedic_leading: { type: "gauge", help: "1 while this replica holds the lease and acts." },
  buildmedic_reconciles_total: { type: "counter", help: "Reconciles of a stack.", labels: ["outcome"] },
  buildmedic_reconcile_duration_seconds: {
    type: "histogram",
    help: "Seconds per reconcile of a stack.",
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
  },
  buildmedic_decisions_total: {
    type: "counter",
    help: "Decisions about a stack in trouble.",
    labels: ["plan", "reason"],
  },
  buildmedic_actions_total: {
    type: "counter",
    help: "Writes to the cluster.",
    labels: ["action", "outcome"],
  },
  buildmedic_refusals_total: {
    type: "counter",
    help: "Actions that were not permitted.",
    labels: ["action", "code"],
  },
  buildmedic_incidents_open: { type: "gauge", help: "Incidents that are not closed.", labels: ["phase"] },
  buildmedic_incidents_closed_total: {
    type: "counter",
    help: "Incidents that were closed.",
    labels: ["phase", "reason", "tier"],
  },
  buildmedic_incident_duration_seconds: {
    type: "histogram",
    help: "Seconds from detection to the end of an incident.",
    labels: ["phase", "tier"],
    buckets: [1, 5, 10, 20, 30, 60, 120, 300, 600, 1800],
  },
  buildmedic_escalations_total: {
    type: "counter",
    help: "Attempts to deliver the message of an incident.",
    labels: ["outcome"],
  },
  buildmedic_tool_calls_total: {
    type: "counter",
    help: "Tool calls of a model.",
    labels: ["tool", "outcome"],
  },
  buildmedic_episodes_total: {
    type: "counter",
    help: "Episodes of tier 2 by how they ended, also those that were not begun.",
    labels: ["outcome"],
  },
  buildmedic_episode_cost_dollars_total: { type: "counter", help: "Dollars spent on episodes." },
  buildmedic_episode_tokens_total: { type: "counter", help: "Tokens of episodes, in and out." },
  buildmedic_episode_turns_total: { type: "counter", help: "Turns of episodes." },
  buildmedic_episode_duration_seconds: {
    type: "histogram",
    help: "Seconds of an episode.",
    labels: ["outcome"],
    buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600],
  },
  buildmedic_hour_spent_dollars: {
    type: "gauge",
    help: "Dollars of the hourly budget that are spent or reserved now.",
  },
  buildmedic_incidents: { type: "gauge", help: "Kept Incidents by how they came out.", labels: ["outcome"] },
  buildmedic_builds: {
    type: "gauge",
    help: "Builds with kept Incidents by how they came out: `saved` when each of its stacks was ready before its tests, at least one by a repair.",
    labels: ["outcome"],
  },
  buildmedic_saved_minutes: {
    type: "gauge",
    help: "`rerunMinutes` for each saved build of `buildmedic_builds`.",
  },
  buildmedic_would_have: {
    type: "gauge",
    help: "Kept Incidents in which something was held back only by `mode: observe` (repairs) or for want of a model (investigate); none of them counts as done.",
    labels: ["what"],
  },
  buildmedic_would_have_saved_builds: {
    type: "gauge",
    help: "Builds that were not saved, and whose every incident had a repair that only the mode held back; whether it would have held is not known.",
  },
  buildmedic_would_have_saved_minutes: {
    type: "gauge",
    help: "`rerunMinutes` for each of `buildmedic_would_have_saved_builds`.",
  },
  buildmedic_would_have_cost_dollars: {
    type: "gauge",
    help: "Dollars that the investigations held back could have cost at the most.",
  },
  buildmedic_trace_spans_total: {
    type: "counter",
    help: "Spans of incidents that a collector took, or did not take; only with OTEL_EXPORTER_OTLP_ENDPOINT.",
    labels: ["outcome"],
  },
  buildmedic_informer_lists_total: {
    type: "counter",
    help: "Full lists taken from the API server.",
    labels: ["resource"],
  },
  buildmedic_informer_watches_total: {
    type: "counter",
    help: "Watches opened at the API server.",
    labels: ["resource"],
  },
  buildmedic_informer_errors_total: {
    type: "counter",
    help: "Lists and watches that failed.",
    labels: ["resource"],
  },
  buildmedic_queue_depth: { type: "gauge", help: "Stacks waiting to be looked at, now or later." },
} as const satisfies Readonly<Record<string, MetricInfo>>;

export type MetricName = keyof typeof metricTable;
