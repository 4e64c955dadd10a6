import { rows } from "./panels.ts";
import type { Panel, Query } from "./panels.ts";

/** Grafana's schema of a dashboard; what it means: docs/operations.md. */
const SCHEMA_VERSION = 39;
const ROW_HEIGHT = 1;
const HEIGHTS = { stat: 4, series: 7, bars: 7 } as const;
const datasource = { type: "prometheus", uid: "${datasource}" };

/** deploy/grafana/build-medic.json, from panels.ts. */
export function grafanaDashboard(): string {
  const dashboard = {
    uid: "build-medic",
    title: "Build Medic",
    description:
      "What Build Medic did for the builds, what it held back, and how it is. Generated from scripts/dashboard.",
    tags: ["build-medic"],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timepicker: {},
    templating: {
      list: [
        {
          name: "datasource",
          label: "Prometheus",
          type: "datasource",
          query: "prometheus",
          hide: 0,
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels: laidOut(),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

/** Rows below each other; the panels of a row from left to right, in lines of 24 columns. */
function laidOut(): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: ROW_HEIGHT },
      panels: [],
    });
    y += ROW_HEIGHT;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      if (x + panel.width > 24) {
        y += height;
        x = 0;
        height = 0;
      }
      const h = HEIGHTS[panel.kind];
      panels.push(drawn(panel, { id: panels.length + 1, gridPos: { x, y, w: panel.width, h } }));
      x += panel.width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels;
}

function drawn(panel: Panel, place: { readonly id: number; readonly gridPos: object }): object {
  const { title, description, kind, unit, stacked = false } = panel;
  return {
    ...place,
    type: kind === "stat" ? "stat" : "timeseries",
    title,
    description,
    datasource,
    targets: panel.queries.map((query, at) => target(query, at, kind)),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        color: {
          mode: kind === "stat" ? "fixed" : "palette-classic",
          ...(kind === "stat" ? { fixedColor: "text" } : {}),
        },
        ...(kind === "stat" ? {} : { custom: line(kind, stacked) }),
      },
      overrides: [],
    },
    options:
      kind === "stat"
        ? {
            reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
            colorMode: "none",
            graphMode: "none",
            textMode: title === "Version" ? "name" : "value",
            justifyMode: "center",
          }
        : {
            legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
            tooltip: { mode: "multi", sort: "desc" },
          },
  };
}

function line(kind: "series" | "bars", stacked: boolean): object {
  return {
    drawStyle: kind === "bars" ? "bars" : "line",
    lineInterpolation: kind === "bars" ? "linear" : "stepAfter",
    lineWidth: 1,
    fillOpacity: kind === "bars" ? 80 : stacked ? 25 : 5,
    showPoints: "never",
    stacking: { mode: stacked ? "normal" : "none", group: "A" },
  };
}

function target({ expr, legend }: Query, at: number, kind: Panel["kind"]): object {
  return {
    refId: "ABCDEFGH"[at],
    datasource,
    expr,
    legendFormat: legend,
    editorMode: "code",
    ...(kind === "stat" ? { instant: true, range: false } : { range: true, instant: false }),
  };
}
