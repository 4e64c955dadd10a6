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
import { startFaultyProxy } from "../support/faulty-proxy.ts";
import { installMedic, startMedic } from "../support/medic-process.ts";
import type { MedicProcess } from "../support/medic-process.ts";
import { eventually, read } from "../support/test-stack.ts";

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

  /** A kubeconfig for this API server with these words of the user's. */
  async function kubeconfigWith(cluster: object, user: object): Promise<string> {
    const kubeconfig = join(stateDir, "kubeconfig");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    return kubeconfig;
  }

  const refusals = {
    "a token that the API server does not know": {
      cluster: () => ({ server: plane.server, "certificate-authority": plane.caFile }),
      says: /does not answer: .*Unauthorized/,
    },
    "an API server whose certificate is not to be trusted": {
      cluster: () => ({ server: plane.server }),
      says: /does not answer: .*certificate/,
    },
  };
  for (const [what, { cluster, says }] of Object.entries(refusals))
    it(`names ${what}, and not the token`, async () => {
      const { code, errors } = await run({
        KUBECONFIG: await kubeconfigWith(cluster(), { token: "t0ken-that-nobody-may-see" }),
      });
      assert.equal(code, 1);
      assert.equal(errors.length, 1, errors.join("\n"));
      assert.match(errors[0]!, says);
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

describe("a medic that starts while the API server is away", () => {
  let plane: ControlPlane;
  let medic: MedicProcess;
  const lease = "/apis/coordination.k8s.io/v1/namespaces/build-medic/leases/build-medic-leader";

  before(async () => {
    plane = await startControlPlane({ log: () => {} });
    await installMedic(plane.admin);
    await plane.stopApiServer();
  });
  after(async () => {
    await medic?.stop();
    await plane?.stop();
  });

  async function start(): Promise<{ medic: MedicProcess; url: string }> {
    const early = await startMedic({ kubeconfig: plane.kubeconfig, early: true });
    const said = (msg: string) => early.lines.find((line) => line["msg"] === msg);
    const ended = early.ended.then((code) => assert.fail(`it ended with ${code}`));
    await Promise.race([eventually("it waits", async () => said("waiting for the API server")), ended]);
    return { medic: early, url: String(said("listening")?.["url"]) };
  }

  it("is alive, not ready, and says what it waits for", async () => {
    let url: string;
    ({ medic, url } = await start());
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const ready = await fetch(`${url}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /does not answer: .*ECONNREFUSED/);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /^buildmedic_leading 0$/m);
  });

  it("ends in order when it is told to", async () => {
    assert.equal(await medic.stop(), 0);
  });

  it("leads within seconds of the end of the outage, by itself", async () => {
    let url: string;
    ({ medic, url } = await start());
    await plane.startApiServer();
    await eventually("it holds the lease", () => read(plane.admin, lease), 30);
    await eventually("it is ready", async () => (await fetch(`${url}/readyz`)).status === 200);
    const again = medic.lines.filter(({ msg }) => msg === "waiting for the API server").length;
    assert.ok(again < 5, `said ${again} times`);
    assert.equal(await medic.stop(), 0);
  });

  it("takes no answer about its rights for a bad one", async () => {
    const proxy = await startFaultyProxy(plane);
    try {
      proxy.inject({ kind: "status", status: 503 }, { path: "selfsubjectaccessreviews", times: 1 });
      proxy.inject({ kind: "status", status: 503 }, { path: "selfsubjectrulesreviews", times: 1 });
      medic = await startMedic({
        kubeconfig: proxy.kubeconfig,
        env: { MEDIC_ACCEPT_EXCESS_RIGHTS: "false" },
      });
      const excess = medic.lines.find((line) => line["excess"] !== undefined)?.["excess"];
      assert.match(
        String(excess),
        /^do anything on everything/,
        "what the account may, not that it is unknown",
      );
      assert.equal(await medic.stop(), 0);
    } finally {
      await proxy.stop();
    }
  });
});
