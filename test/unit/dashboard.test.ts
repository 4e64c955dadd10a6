import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { metricTable } from "../../src/telemetry/metric-table.ts";
import type { MetricInfo } from "../../src/telemetry/metric-table.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

const { panels, schemaVersion, templating } = JSON.parse(
  readFileSync(new URL("../../deploy/grafana/build-medic.json", import.meta.url), "utf8"),
) as {
  panels: readonly Panel[];
  schemaVersion: number;
  templating: { list: readonly { name: string; type: string }[] };
};
const shown = panels.filter(({ type }) => type !== "row");
const table: Readonly<Record<string, MetricInfo>> = metricTable;

test("every metric of every panel is one that the medic has, with labels that it has", () => {
  const documented = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  for (const { title, targets = [] } of shown) {
    assert.ok(targets.length > 0, title);
    for (const { expr, legendFormat } of targets) {
      const names = [...expr.matchAll(/buildmedic_\w+/g)].map(([name]) => name.replace(/_bucket$/, ""));
      assert.ok(names.length > 0, expr);
      const labels = new Set(["instance", "le", ...names.flatMap((name) => table[name]?.labels ?? [])]);
      for (const name of names)
        assert.ok(Object.hasOwn(table, name) && documented.includes(`\`${name}\``), `${title}: ${name}`);
      const used = [
        ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, ?/)),
        ...[...expr.matchAll(/[{,](\w+)!?=/g)].map(([, label = ""]) => label),
        ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label),
      ];
      for (const label of used) assert.ok(labels.has(label), `${title}: ${label}`);
    }
  }
});

test("every metric of the medic is on the dashboard, but those that only an alert or nobody needs", () => {
  const text = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n");
  const missing = Object.keys(table).filter((name) => !text.includes(name));
  assert.deepEqual(missing, [
    "buildmedic_decisions_total",
    "buildmedic_episode_tokens_total",
    "buildmedic_episode_turns_total",
    "buildmedic_would_have_saved_minutes",
    "buildmedic_would_have_cost_dollars",
    "buildmedic_trace_spans_total",
  ]);
});

test("panels have ids of their own, a sentence each, and do not lie on each other", () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { description = "", title } of shown) assert.ok(description.length > 5, title);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    assert.ok(x + w <= 24);
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
  });
  assert.equal(new Set(cells).size, cells.length);
});

test("asks for its Prometheus where it is imported, and says which schema it has", () => {
  assert.deepEqual(
    templating.list.map(({ name, type }) => [name, type]),
    [["datasource", "datasource"]],
  );
  assert.equal(schemaVersion, 39);
});
