import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { find, podOf, render, template } from "../../support/rendered-medic-chart.ts";
import type { Json, Manifest } from "../../support/rendered-medic-chart.ts";

const otel = (values: Json = {}): readonly object[] =>
  podOf(values).containers[0].env.filter(({ name }) => name.startsWith("OTEL_"));

/** The ports that the NetworkPolicy lets it reach. */
function reachable(manifests: readonly Manifest[]): readonly unknown[] {
  const { egress } = find(manifests, "NetworkPolicy").spec as {
    egress: readonly { ports: readonly { port: unknown }[] }[];
  };
  return egress.flatMap(({ ports }) => ports.map(({ port }) => port));
}

describe("what the chart tells of the medic", () => {
  it("sends no traces and has no dashboard unless asked", () => {
    const manifests = render();
    assert.deepEqual(otel(), []);
    assert.ok(!manifests.some(({ metadata }) => metadata.name.endsWith("-dashboard")));
  });

  it("names the collector, takes its headers from a Secret, and opens its port", () => {
    const traces: Json = { "traces.endpoint": "http://collector.obs:4318", "traces.existingSecret": "otel" };
    const manifests = render(traces);
    assert.deepEqual(otel(traces), [
      { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector.obs:4318" },
      {
        name: "OTEL_EXPORTER_OTLP_HEADERS",
        valueFrom: { secretKeyRef: { name: "otel", key: "OTEL_EXPORTER_OTLP_HEADERS" } },
      },
    ]);
    assert.ok(reachable(manifests).includes(4318));
    for (const [endpoint, port] of [
      ["http://collector/base", 80],
      ["https://collector", 443],
    ] as const)
      assert.equal(reachable(render({ "traces.endpoint": endpoint })).at(-1), port);
  });

  it("refuses an address with a password in it", () => {
    assert.notEqual(template({ "traces.endpoint": "http://u:p@collector" }).status, 0);
  });

  it("ships the very dashboard of deploy/grafana where Grafana's sidecar looks", () => {
    const manifests = render({ "grafanaDashboard.enabled": true });
    const map = manifests.find(({ metadata }) => metadata.name === "build-medic-dashboard");
    assert.equal(map?.metadata.labels?.["grafana_dashboard"], "1");
    const committed = readFileSync(
      new URL("../../../deploy/grafana/build-medic.json", import.meta.url),
      "utf8",
    );
    assert.deepEqual(JSON.parse(map.data?.["build-medic.json"] ?? ""), JSON.parse(committed));
  });
});
