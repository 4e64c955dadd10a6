import type { Panel, Row } from "./panels.ts";

/** One series of a panel, as Prometheus answered its query: seconds and values. */
export interface Drawn {
  readonly legend: string;
  readonly values: readonly (readonly [at: number, value: number])[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Answers = ReadonlyMap<Panel, readonly Drawn[]>;

const COLOURS = ["#2f6fde", "#2a9d62", "#d98324", "#b8478f", "#7b61c9", "#c84b4b", "#4aa3b5", "#8a8f3a"];
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [360, 130, 44, 16];

/** The dashboard's panels with real answers, as a page of our own: a picture of the data, and not of Grafana. */
export function pictureOf(rows: readonly Row[], answers: Answers, span: Span): string {
  const body = rows.map((row) => rowOf(row, answers, span)).join("");
  return `<!doctype html><meta charset="utf-8"><title>Build Medic</title><style>
body{font:13px/1.4 system-ui,sans-serif;margin:16px;background:#fff;color:#1d2330;width:1200px}
h1{font-size:18px;margin:0}p{margin:2px 0 12px;color:#596275}h2{font-size:14px;margin:14px 0 6px}
.row{display:grid;grid-template-columns:repeat(24,1fr);gap:8px}
.panel{border:1px solid #d9dee8;border-radius:4px;padding:6px 8px}.panel h3{font-size:12px;margin:0 0 4px}
.stat{font-size:26px;text-align:center;padding:8px 0}svg{width:100%;display:block}
.legend{font-size:11px;color:#596275}.legend span{white-space:nowrap;display:inline-block}.legend i{display:inline-block;width:10px;height:3px;margin:0 4px 3px 8px}
</style><h1>Build Medic</h1>
<p>Not Grafana: the queries of its dashboard's panels, answered by a real Prometheus that read a real medic through builds on the local farm (tier 2: the rehearsal).</p>${body}`;
}

function rowOf(row: Row, answers: Answers, span: Span): string {
  const panels = row.panels.map((panel) => panelOf(panel, answers.get(panel) ?? [], span)).join("");
  return `<h2>${escaped(row.title)}</h2><div class="row">${panels}</div>`;
}

function panelOf(panel: Panel, series: readonly Drawn[], span: Span): string {
  const inside = panel.kind === "stat" ? statOf(panel, series) : chartOf(panel, series, span);
  return `<div class="panel" style="grid-column:span ${panel.width}"><h3>${escaped(panel.title)}</h3>${inside}</div>`;
}

function statOf({ unit, title }: Panel, [first]: readonly Drawn[]): string {
  const value = first?.values.at(-1)?.[1];
  const shown = title === "Version" ? first?.legend : value === undefined ? "–" : worded(value, unit);
  return `<div class="stat">${escaped(shown ?? "–")}</div>`;
}

function chartOf(panel: Panel, series: readonly Drawn[], span: Span): string {
  // What is zero all the time only makes the legend long; a quantile of nothing is no number.
  const told = series
    .map((one) => ({ ...one, values: one.values.filter(([, value]) => Number.isFinite(value)) }))
    .filter(({ values }) => values.some(([, value]) => value > 0));
  const layers = panel.stacked === true ? stackedUp(told) : told.map((one) => ({ ...one, floor: new Map() }));
  const most = Math.max(0, ...layers.flatMap(({ values }) => values.map(([, value]) => value))) || 1;
  const x = (at: number): number => LEFT + ((at - span.from) / (span.to - span.from)) * (WIDTH - LEFT);
  const y = (value: number): number => (HEIGHT - BOTTOM) * (1 - value / most) + 4;
  const scale = { x, y };
  const drawn = layers.map((layer, at) => layerOf(panel, layer, { ...scale, colour: colourOf(at) }));
  const legend = told.map(
    ({ legend: name }, at) => `<span><i style="background:${colourOf(at)}"></i>${escaped(name)}</span>`,
  );
  const minutes = ((span.to - span.from) / 60).toFixed(0);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT + 6}"><g font-size="10" fill="#596275">
<text x="0" y="12">${escaped(worded(most, panel.unit))}</text><text x="0" y="${y(0)}">0</text>
<text x="${LEFT}" y="${HEIGHT + 4}">0 min</text><text x="${WIDTH}" y="${HEIGHT + 4}" text-anchor="end">${minutes} min</text></g>
<path d="M${LEFT} ${y(0)}H${WIDTH}M${LEFT} ${y(most)}H${WIDTH}" stroke="#e3e7ef"/>${drawn.toReversed().join("")}</svg>
<div class="legend">${legend.length === 0 ? "nothing but 0" : legend.join("")}</div>`;
}

interface Layer extends Drawn {
  readonly floor: ReadonlyMap<number, number>;
}

function stackedUp(series: readonly Drawn[]): readonly Layer[] {
  const height = new Map<number, number>();
  return series.map(({ legend, values }) => {
    const floor = new Map(height);
    const raised = values.map(([at, value]) => [at, value + (height.get(at) ?? 0)] as const);
    for (const [at, value] of raised) height.set(at, value);
    return { legend, values: raised, floor };
  });
}

interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly colour: string;
}

function layerOf({ kind, stacked }: Panel, { values, floor }: Layer, { x, y, colour }: Scale): string {
  const floorAt = (at: number): number => y(floor.get(at) ?? 0);
  if (kind === "bars")
    return values
      .filter(([at, value]) => value > (floor.get(at) ?? 0))
      .map(
        ([at, value]) =>
          `<rect x="${x(at) - 2}" y="${y(value)}" width="4" height="${floorAt(at) - y(value)}" fill="${colour}"/>`,
      )
      .join("");
  const line = values.map(([at, value], index) => `${index === 0 ? "M" : "L"}${x(at)} ${y(value)}`).join("");
  const below = values
    .toReversed()
    .map(([at]) => `L${x(at)} ${floorAt(at)}`)
    .join("");
  const area =
    stacked === true && line !== "" ? `<path d="${line}${below}Z" fill="${colour}" opacity="0.25"/>` : "";
  return `${area}<path d="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

function worded(value: number, unit: Panel["unit"]): string {
  switch (unit) {
    case "currencyUSD":
      return `$${value.toFixed(2)}`;
    case "bytes":
      return `${(value / 2 ** 20).toFixed(0)} MiB`;
    case "s":
      return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(1)} s`;
    case "m":
      return `${value.toFixed(0)} min`;
    case "ops":
      return `${value.toFixed(1)}/s`;
    case "short":
      return Number.isInteger(value) ? String(value) : value.toFixed(1);
  }
}

function colourOf(at: number): string {
  return COLOURS[at % COLOURS.length] ?? "#2f6fde";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
