import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { openFarm } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import { joinMedic } from "../../farm/build/medic-process.ts";
import type { MedicHandle } from "../../farm/build/medic-process.ts";
import { up } from "../../farm/cluster/up.ts";
import { rows } from "../../scripts/dashboard/panels.ts";
import type { Panel } from "../../scripts/dashboard/panels.ts";
import { pictureOf } from "../../scripts/dashboard/picture.ts";
import type { Drawn } from "../../scripts/dashboard/picture.ts";
import { attributesOf, startOtlpReceiver } from "../support/otlp-receiver.ts";
import type { OtlpReceiver } from "../support/otlp-receiver.ts";
import { startPrometheus } from "../support/prometheus.ts";
import type { Prometheus } from "../support/prometheus.ts";
import { eventually } from "../support/test-stack.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const OUT = new URL("../../out/dashboard/", import.meta.url);
const MINUTES = 60_000;
/** What Grafana would fill in. */
const filled = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "20s").replaceAll("$__range", "15m");

/** A real medic, read by a real Prometheus through real builds: a repair, an episode of the rehearsal, an escalation. */
describe("the dashboard and the traces", { timeout: 20 * MINUTES }, () => {
  let medic: MedicHandle;
  let prometheus: Prometheus;
  let receiver: OtlpReceiver;
  let from = 0;

  before(async () => {
    await up({ log: console.error });
    const farm = await openFarm({ report: console.error });
    receiver = await startOtlpReceiver();
    // The medic of the builds is started with this process's environment.
    process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url;
    const { clusterUid } = farm;
    const model = "rehearsal";
    const report = console.error;
    medic = await joinMedic({ kube: openKube(farm), runId: "dashboard", clusterUid, model, report });
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    assert.ok(medic.started, "no other medic is running");
    prometheus = await startPrometheus({ target: new URL(medic.url).host });
    from = Date.now() / 1000;
    for (const mode of ["misconfig", "chaos-recoverable", "chaos-unrecoverable"])
      await build("--mode", mode, "--medic", "on", "--model", "rehearsal");
  });
  after(async () => {
    await medic?.leave();
    await prometheus?.stop();
    await receiver?.stop();
  });

  async function build(...args: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [MAIN, "farm", "build", ...args], { stdio: ["ignore", 2, 2] });
    const [code] = (await once(child, "exit")) as [number | null];
    assert.notEqual(code, 2);
  }

  async function answersOf(panel: Panel, to: number): Promise<readonly Drawn[]> {
    const step = Math.max(2, Math.round((to - from) / 160));
    const answers = panel.queries.map(async ({ expr, legend }) => {
      const series = await prometheus.range(filled(expr), { from, to, step });
      return series.map(({ metric, values }) => ({
        legend: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
        values,
      }));
    });
    return (await Promise.all(answers)).flat();
  }

  test("every query of every panel is understood by Prometheus and answered with data", async () => {
    const to = Date.now() / 1000;
    const answers = new Map<Panel, readonly Drawn[]>();
    for (const panel of rows.flatMap(({ panels }) => panels)) {
      const drawn = await answersOf(panel, to);
      assert.ok(drawn.length > 0, `${panel.title} has no data`);
      answers.set(panel, drawn);
    }
    const last = (title: string): number =>
      [...answers]
        .find(([panel]) => panel.title === title)![1]
        .at(0)!
        .values.at(-1)![1];
    assert.ok(last("Builds saved") >= 2);
    assert.ok(last("Minutes saved") >= 80);
    assert.ok(last("Handed to people") >= 1);
    assert.ok(last("Dollars") > 0);
    await draw(pictureOf(rows, answers, { from, to }));
  });

  test("each closed incident of these builds came as one trace, the episode with its turns and calls", async () => {
    const roots = await eventually("three traces", async () => {
      const found = receiver.spans.filter(({ name }) => name === "incident");
      return found.length >= 3 && found;
    });
    assert.equal(new Set(roots.map(({ traceId }) => traceId)).size, roots.length);
    const phases = roots.map((root) => attributesOf(root)["buildmedic.phase"]);
    assert.ok(phases.includes("Resolved") && phases.includes("Escalated"), phases.join());
    const names = receiver.spans.map(({ name }) => name);
    for (const name of ["attempt", "verify", "escalate", "chat", "execute_tool uncordon_node"])
      assert.ok(names.includes(name), name);
    const ids = new Map(receiver.spans.map((span) => [span.spanId, span]));
    for (const { parentSpanId, traceId, name } of receiver.spans) {
      if (name === "incident") continue;
      assert.equal(ids.get(parentSpanId ?? "")?.traceId, traceId, name);
    }
  });
});

async function draw(page: string): Promise<void> {
  await mkdir(OUT, { recursive: true });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage({ viewport: { width: 1240, height: 900 } });
    await tab.setContent(page);
    const path = fileURLToPath(new URL("dashboard.png", OUT));
    await tab.screenshot({ path, fullPage: true });
    assert.ok((await readFile(path)).length > 20_000);
  } finally {
    await browser.close();
  }
}
