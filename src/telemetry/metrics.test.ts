import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import type { Incident } from "../core/incident.ts";
import { totalsOf } from "../core/totals.ts";
import { metricTable } from "./metric-table.ts";
import { createMetrics } from "./metrics.ts";

const applied = { by: "playbook", outcome: "applied" };
const observed = { by: "playbook", outcome: "observed" };

test("counts what happened, with labels from closed sets", async () => {
  const metrics = createMetrics({ version: "1.2.3" });
  const { telemetry } = metrics;
  telemetry.decided("remediate", "ImageDrift");
  telemetry.decided("hold", "pod server-0-0 is sick");
  telemetry.acted("reconcile-to-intent", "applied");
  telemetry.refused("restart-pod", "Paused");
  telemetry.incidentClosed("Resolved", "ImageDrift", 1, 12);
  telemetry.escalated("sent");
  telemetry.reconciled(0.002, "ok");
  let lists = 1;
  metrics.watchInformers(() => ({ pods: { lists, watches: 3, errors: 2 } }));
  metrics.watchQueue(() => 4);
  metrics.watchIncidents(
    () => [{ status: { phase: "Verifying" } }, { status: { phase: "Resolved" } }] as unknown as Incident[],
  );
  metrics.watchTotals(() =>
    totalsOf(
      [
        { spec: { client: "0", runId: "1" }, status: { phase: "Resolved", attempts: [applied], times: {} } },
        {
          spec: { client: "0", runId: "2" },
          status: { phase: "Escalated", attempts: [observed], times: {} },
        },
      ] as unknown as Incident[],
      { rerunMinutes: 30, worstEpisodeUsd: 1 },
    ),
  );
  await metrics.text();
  lists = 2;
  const text = await metrics.text();
  for (const line of [
    'buildmedic_decisions_total{plan="remediate",reason="ImageDrift"} 1',
    'buildmedic_decisions_total{plan="hold",reason="other"} 1',
    'buildmedic_actions_total{action="reconcile-to-intent",outcome="applied"} 1',
    'buildmedic_refusals_total{action="restart-pod",code="Paused"} 1',
    'buildmedic_incidents_closed_total{phase="Resolved",reason="ImageDrift",tier="1"} 1',
    'buildmedic_incident_duration_seconds_bucket{le="20",phase="Resolved",tier="1"} 1',
    'buildmedic_escalations_total{outcome="sent"} 1',
    'buildmedic_reconciles_total{outcome="ok"} 1',
    'buildmedic_informer_lists_total{resource="pods"} 2',
    'buildmedic_informer_watches_total{resource="pods"} 3',
    'buildmedic_informer_errors_total{resource="pods"} 2',
    "buildmedic_queue_depth 4",
    'buildmedic_incidents_open{phase="Verifying"} 1',
    'buildmedic_incidents_open{phase="Detected"} 0',
    'buildmedic_incidents{outcome="repaired-tier1"} 1',
    'buildmedic_incidents{outcome="repaired-tier2"} 0',
    'buildmedic_incidents{outcome="escalated"} 1',
    'buildmedic_builds{outcome="saved"} 1',
    'buildmedic_builds{outcome="not-saved"} 1',
    "buildmedic_saved_minutes 30",
    'buildmedic_would_have{what="repair-tier1"} 1',
    'buildmedic_would_have{what="investigate"} 0',
    "buildmedic_would_have_saved_builds 1",
    "buildmedic_would_have_saved_minutes 30",
    "buildmedic_would_have_cost_dollars 0",
  ]) {
    assert.ok(text.includes(line), `${line} is missing in\n${text}`);
  }
  assert.match(text, /buildmedic_build_info\{version="1\.2\.3",node="v\d+/);
  assert.match(text, /^process_resident_memory_bytes \d+/m);
});

test("registers every metric of the table and no other of its own", async () => {
  const text = await createMetrics({ version: "0" }).text();
  const registered = [...text.matchAll(/^# TYPE (buildmedic_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  const declared = Object.entries(metricTable).map(([name, { type }]) => `${name} ${type}`);
  assert.deepEqual(registered.sort(), declared.sort());
});

test("what an alert waits for is there before it first happens", async () => {
  const rules = parse(readFileSync(new URL("../../deploy/alerts.yaml", import.meta.url), "utf8")) as {
    groups: { rules: { expr: string }[] }[];
  };
  const text = await createMetrics({ version: "0" }).text();
  const grown = rules.groups
    .flatMap(({ rules: own }) => own)
    .flatMap(({ expr }) => [...expr.matchAll(/increase\((buildmedic_\w+)(?:\{([^}]*)\})?/g)])
    .flatMap(([, name = "", labels = ""]) => {
      const wanted = [...labels.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, label = "", values = ""]) =>
        values.split("|").map((value) => `${label}="${value}"`),
      );
      return wanted.flat().map((label) => [name, label] as const);
    });
  assert.ok(grown.length > 8);
  for (const [name, label] of grown) {
    if (name === "buildmedic_reconciles_total") continue;
    assert.match(text, new RegExp(`^${name}\\{[^}]*${label}`, "m"), `${name} ${label}`);
  }
});

test("two registries do not share anything", async () => {
  const [one, two] = [createMetrics({ version: "0" }), createMetrics({ version: "0" })];
  one.telemetry.escalated("failed");
  assert.ok(!(await two.text()).includes('escalations_total{outcome="failed"} 1'));
});
