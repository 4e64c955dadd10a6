import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { callApi } from "../../farm/cluster/api-client.ts";
import { installMedic } from "../support/medic-process.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What `build-medic run` says when it cannot start: one sentence on stderr that names what to do. */
describe("a medic that cannot start", () => {
  let plane: ControlPlane;
  let stateDir: string;

  before(async () => {
    plane = await startControlPlane({ log: () => {} });
    stateDir = await mkdtemp(join(tmpdir(), "medic-start-"));
  });
  after(async () => {
    await plane?.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  /** Runs it with this environment; its exit code and the lines on stderr. */
  async function run(
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; errors: string[] }> {
    const child = spawn(process.execPath, [main, "run"], {
      env: { PATH: process.env["PATH"] ?? "", MEDIC_STATE_DIR: stateDir, MEDIC_PORT: "0", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, errors: text.split("\n").filter((line) => line !== "") };
  }

  it("says which command installs the Incidents", async () => {
    const { code, errors } = await run({ KUBECONFIG: plane.kubeconfig });
    assert.equal(code, 1);
    assert.equal(errors.length, 1, errors.join("\n"));
    assert.match(errors[0]!, /build-medic crds \| kubectl apply -f -/);
  });

  it("says which command makes its namespace", async () => {
    await installMedic(plane.admin);
    const { code, errors } = await run({ KUBECONFIG: plane.kubeconfig, MEDIC_NAMESPACE: "elsewhere" });
    assert.equal(code, 1);
    assert.match(errors.join("\n"), /kubectl create namespace elsewhere/);
    assert.equal(errors.length, 1, errors.join("\n"));
  });

  it("names the rights that the account lacks", async () => {
    const { code, errors } = await run({ KUBECONFIG: await plane.kubeconfigFor({ user: "nobody" }) });
    assert.equal(code, 1);
    assert.equal(errors.length, 1, errors.join("\n"));
    assert.match(errors[0]!, /may not: .*patch statefulsets\.apps/);
  });

  it("says that the API server does not answer", async () => {
    const kubeconfig = join(stateDir, "nowhere");
    const cluster = {
      name: "c",
      cluster: { server: "https://127.0.0.1:1", "insecure-skip-tls-verify": true },
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [cluster],
      users: [{ name: "u", user: { token: "t0ken-that-nobody-may-see" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const { code, errors } = await run({ KUBECONFIG: kubeconfig });
    assert.equal(code, 1);
    assert.equal(errors.length, 1, errors.join("\n"));
    assert.match(errors[0]!, /does not answer/);
    assert.doesNotMatch(errors[0]!, /t0ken/);
  });

  it("reports every wrong setting at once, as wrong use", async () => {
    const { code, errors } = await run({
      KUBECONFIG: plane.kubeconfig,
      MEDIC_DEBOUNCE_SECONDS: "soon",
      MEDIC_MODE: "fast",
    });
    assert.equal(code, 2);
    assert.equal(errors.length, 2, errors.join("\n"));
  });

  it("leaves the cluster as it was", async () => {
    const answer = await callApi(plane.admin, "GET", "/apis/buildmedic.dev/v1alpha1/incidents");
    assert.deepEqual((answer.body as { items: unknown[] }).items, []);
  });
});
