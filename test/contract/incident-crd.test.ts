import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, describe, it } from "node:test";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import type { IncidentSpec, IncidentStatus } from "../../src/core/incident.ts";
import { decodeIncident, encodeSpec, encodeStatus } from "../../src/kube/incident-codec.ts";
import { incidentsPath, installMedic } from "../support/medic-process.ts";

const at = Date.parse("2026-01-02T03:04:05.006Z");
const spec: IncidentSpec = {
  namespace: "ci-1",
  client: "0",
  runId: "1",
  statefulSet: "server-0",
  statefulSetUid: "u",
  pod: "server-0-0",
  buildUrl: "https://ci/1",
};
const status: IncidentStatus = {
  phase: "Verifying",
  tier: 2,
  reason: "ImageDrift",
  rootCause: "r".repeat(70_000),
  findings: [
    {
      reason: "ImagePulling",
      class: "wait",
      subject: "Pod/a",
      message: "m",
      since: at,
      terminal: false,
      patienceUntil: at + 1,
    },
  ],
  attempts: [{ action: "restart-pod", target: "Pod/a", by: "agent", at, outcome: "applied", detail: "d" }],
  episode: { model: "m", turns: 3, tokens: 4000, costUsd: 0.07, outcome: "o", tools: ["t"] },
  escalation: { messageId: "m", events: ["e"], channel: "#c", sentAt: at, lastError: "l" },
  readySince: at,
  times: { Detected: at, Verifying: at + 2 },
};
const resource = { apiVersion: "buildmedic.dev/v1alpha1", kind: "Incident" };

describe("the Incident resource on a real API server", () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane({ log: () => {} });
    await installMedic(plane.admin);
  });
  after(() => plane?.stop());

  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: { metadata: object } }> {
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await callApi(plane.admin, method, `${incidentsPath}${path}`, { body, contentType });
    return answer as { status: number; body: { metadata: object } };
  }

  it("keeps everything that is written, and gives it back the same", async () => {
    const created = await ask("POST", "", {
      ...resource,
      metadata: { name: "inc-1" },
      spec: encodeSpec(spec),
    });
    assert.equal(created.status, 201);
    assert.equal(decodeIncident(created.body)?.status.phase, "Detected");
    const written = await ask("PUT", "/inc-1/status", { ...created.body, status: encodeStatus(status) });
    assert.equal(written.status, 200, JSON.stringify(written.body));
    const incident = decodeIncident((await ask("GET", "/inc-1")).body);
    assert.deepEqual([incident?.spec, incident?.status], [spec, status]);
  });

  it("does not let the spec change", async () => {
    const changed = await ask("PATCH", "/inc-1", { spec: { client: "1" } });
    assert.equal(changed.status, 422);
    assert.match(JSON.stringify(changed.body), /the spec of an Incident never changes/);
  });

  it("refuses a phase that does not exist, and a time that is none", async () => {
    assert.equal((await ask("PATCH", "/inc-1/status", { status: { phase: "Healed" } })).status, 422);
    assert.equal((await ask("PATCH", "/inc-1/status", { status: { readySince: "today" } })).status, 422);
  });

  it("shows the columns of the contract", async () => {
    const table = await tableOf(plane);
    assert.deepEqual(table.columns, [
      "Name",
      "Namespace",
      "Client",
      "Reason",
      "Tier",
      "Phase",
      "Cost",
      "Age",
    ]);
    assert.deepEqual(table.cells.slice(0, 7), ["inc-1", "ci-1", "0", "ImageDrift", 2, "Verifying", 0.07]);
  });
});

/** As `kubectl get inc` asks for it. */
async function tableOf(plane: ControlPlane): Promise<{ columns: string[]; cells: unknown[] }> {
  const { admin } = plane;
  const text = await new Promise<string>((resolve, reject) => {
    const outgoing = request(
      new URL(incidentsPath, admin.server),
      {
        ca: admin.ca,
        ...(admin.cert === undefined ? {} : { cert: admin.cert }),
        ...(admin.key === undefined ? {} : { key: admin.key }),
        headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve(body));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
  const table = JSON.parse(text) as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] };
  return { columns: table.columnDefinitions.map(({ name }) => name), cells: table.rows[0]?.cells ?? [] };
}
