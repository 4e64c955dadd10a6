import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { kubectlPath } from "../../farm/cluster/kube-tools.ts";
import { incidentCrd } from "../../src/kube/incident-crd.ts";
import { createBuild, createStack, eventually } from "../support/test-stack.ts";

const MAIN = fileURLToPath(new URL("../../.github/actions/wait-for-stack/main.mjs", import.meta.url));
const namespace = "build-4711-1";
const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
const HOSTILE =
  "x\n::error title=owned::y\r\n##[add-mask]z %0A::stop-commands::s\u2028::notice::t\nreason=owned";

type Json = Record<string, unknown>;

/** What the composite action runs, as it runs it, against a real API server; the statuses are written by hand. */
describe("waiting for a stack on a real API server", () => {
  let plane: ControlPlane;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "wait-test-"));
    plane = await startControlPlane({ log: () => {}, controllers: false });
    await callApi(plane.admin, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      body: incidentCrd,
    });
    await callApi(plane.admin, "POST", "/api/v1/namespaces", { body: { metadata: { name: "build-medic" } } });
    await createBuild(plane.admin, namespace);
    for (const client of ["1", "2", "3"]) await createStack(plane.admin, { namespace, client });
  });
  after(async () => {
    await plane?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs it as a step of a workflow would. */
  async function wait(client: string, change: Readonly<Record<string, string>> = {}) {
    const outputs = join(folder, `outputs-${client}-${Math.random()}`);
    const child = spawn(process.execPath, [MAIN], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: `${dirname(await kubectlPath())}:${process.env["PATH"]}`,
        KUBECONFIG: plane.kubeconfig,
        GITHUB_ACTIONS: "true",
        GITHUB_OUTPUT: outputs,
        WAIT_NAMESPACE: namespace,
        WAIT_CLIENT: client,
        WAIT_TIMEOUT_SECONDS: "30",
        WAIT_MEDIC_NAMESPACE: "build-medic",
        WAIT_INCIDENTS: "true",
        WAIT_MARK_STARTED: "true",
        ...change,
      },
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    const [code] = (await once(child, "close")) as [number | null];
    const lines = stdout.split("\n").filter((line) => line !== "");
    return {
      code,
      lines,
      commands: lines.filter((line) => line.trimStart().startsWith("::") || line.includes("##[")),
      outputs: await readFile(outputs, "utf8").catch(() => ""),
    };
  }

  async function setReady(client: string): Promise<void> {
    for (const name of [`server-${client}`, `db-${client}`]) {
      const live = (await callApi(plane.admin, "GET", `${sets}/${name}`)).body as Json & {
        metadata: { generation: number };
      };
      const status = {
        observedGeneration: live.metadata.generation,
        replicas: 1,
        readyReplicas: 1,
        currentRevision: "a",
        updateRevision: "a",
      };
      await callApi(plane.admin, "PUT", `${sets}/${name}/status`, { body: { ...live, status } });
    }
  }

  async function testsLabels(client: string): Promise<(string | undefined)[]> {
    const selector = encodeURIComponent(`medic/client=${client}`);
    const list = (await callApi(plane.admin, "GET", `${sets}?labelSelector=${selector}`)).body as {
      readonly items: readonly { readonly metadata: { readonly labels: Record<string, string> } }[];
    };
    return list.items.map(({ metadata }) => metadata.labels["medic/tests"]);
  }

  it("ends when the stack is ready, and marks all of it", async () => {
    const waiting = wait("1");
    await setReady("1");
    const { code, lines, commands, outputs } = await waiting;
    assert.equal(code, 0, lines.join("\n"));
    assert.deepEqual(commands, []);
    assert.match(outputs, /^ready-after-seconds=\d+\.\d\n$/);
    assert.deepEqual(await testsLabels("1"), ["started", "started"]);
    assert.deepEqual(await testsLabels("2"), [undefined, undefined], "nobody else's stack");
  });

  it("leaves the mark to somebody else when it is told so", async () => {
    await setReady("3");
    const { code } = await wait("3", { WAIT_MARK_STARTED: "false", WAIT_COMMAND: "true" });
    assert.equal(code, 0);
    assert.deepEqual(await testsLabels("3"), [undefined, undefined]);
  });

  it("goes on waiting while the stack's own answer is bad, and says it", async () => {
    const { code, lines } = await wait("3", {
      WAIT_TIMEOUT_SECONDS: "2",
      WAIT_COMMAND: "echo it answers 503; false",
    });
    assert.equal(code, 1);
    assert.ok(
      lines.some((line) => /^client 3: \d+ s, waiting: it answers 503$/.test(line)),
      lines.join("\n"),
    );
    assert.match(
      lines.at(-1) ?? "",
      /^::error title=client 3::environment: its stack was not ready within 2 s/,
    );
  });

  it("ends early when the medic has handed the stack to people, with the root cause, and lets no text be a command", async () => {
    await callApi(plane.admin, "POST", `/api/v1/namespaces/${namespace}/events`, {
      body: {
        metadata: { name: "hostile", namespace },
        type: "Warning",
        reason: "Failed",
        message: HOSTILE,
        involvedObject: { kind: "StatefulSet", namespace, name: "server-2", uid: await uidOf("server-2") },
        lastTimestamp: "2026-01-01T00:00:00Z",
      },
    });
    await escalate("2", `the disk is gone ${HOSTILE}`);
    const { code, lines, commands, outputs } = await wait("2");
    assert.equal(code, 1);
    assert.equal(commands.length, 1, lines.join("\n"));
    assert.match(commands[0] ?? "", /^::error title=client 2::environment: the disk is gone x/);
    assert.ok(
      lines.some((line) => line.includes("waiting: ") && line.includes("Escalated VolumeAttachFailed")),
    );
    const names = outputs
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    assert.deepEqual(names, ["incident", "reason", "why"]);
    assert.match(outputs, /^reason=VolumeAttachFailed$/m);
    assert.deepEqual(await testsLabels("2"), [undefined, undefined]);
  });

  it("waits without the medic's word where it may not read that", async () => {
    await callApi(plane.admin, "POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      body: { metadata: { name: "plain", namespace } },
    });
    const { code, lines } = await wait("2", {
      WAIT_TIMEOUT_SECONDS: "1",
      KUBECONFIG: await plane.kubeconfigFor({ namespace, serviceAccount: "plain" }),
    });
    assert.equal(code, 1);
    assert.equal(
      lines.filter((line) => line.startsWith("the medic's Incidents cannot be read here")).length,
      1,
    );
    assert.match(lines.at(-1) ?? "", /its StatefulSets cannot be read: .*forbidden/);
  });

  async function uidOf(name: string): Promise<string> {
    const set = (await callApi(plane.admin, "GET", `${sets}/${name}`)).body as {
      readonly metadata: { readonly uid: string };
    };
    return set.metadata.uid;
  }

  async function escalate(client: string, rootCause: string): Promise<void> {
    const path = "/apis/buildmedic.dev/v1alpha1/namespaces/build-medic/incidents";
    const spec = {
      namespace,
      client,
      runId: "4711-1",
      statefulSet: `server-${client}`,
      statefulSetUid: await uidOf(`server-${client}`),
      pod: `server-${client}-0`,
    };
    const body = { apiVersion: "buildmedic.dev/v1alpha1", kind: "Incident", metadata: { name: "i" }, spec };
    const made = await eventually("the resource is served", async () => {
      const answer = await callApi(plane.admin, "POST", path, { body });
      return answer.status < 300 ? (answer.body as Json) : undefined;
    });
    const status = {
      phase: "Escalated",
      tier: 1,
      reason: "VolumeAttachFailed",
      rootCause,
      findings: [],
      attempts: [],
      times: {},
    };
    await callApi(plane.admin, "PUT", `${path}/i/status`, { body: { ...made, status } });
  }
});
