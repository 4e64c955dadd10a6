import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { startMessagesApi } from "../../farm/rehearsal/messages-api.ts";
import type { MessagesApi, ModelReply } from "../../farm/rehearsal/messages-api.ts";
import { startFaultyProxy } from "../support/faulty-proxy.ts";
import type { FaultyProxy } from "../support/faulty-proxy.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import type { MedicProcess, StoredIncident } from "../support/medic-process.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import { containerOf, createBuild, createStack, eventually, read } from "../support/test-stack.ts";
import type { StackOptions } from "../support/test-stack.ts";

type Broken = Omit<StackOptions, "namespace" | "client">;

const stage = (name: string): string =>
  fileURLToPath(new URL(`../support/stages/${name}.yaml`, import.meta.url));
/** Repaired by one write. */
const scaledAway: Broken = { fault: (set) => ((set["spec"] as { replicas: number }).replicas = 0) };
/** For people at once. */
const undeclared: Broken = {
  annotations: { "medic/expected-replicas": "three" },
  fault: (set) => (containerOf(set)["image"] = "farm.test/server:missing"),
};
/** Beyond the playbook. */
const stuck: Broken = {
  withoutTemplate: true,
  fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]),
};
const hangs: ModelReply = { kind: "hang" };
const done: ModelReply = { kind: "message", content: [{ type: "text", text: "That is all." }] };
const restarts: ModelReply = {
  kind: "message",
  content: [{ type: "tool_use", name: "mcp__k8s__restart_pod", input: { pod: "server-0-0" } }],
};

/** The oracles are the API server and the chat. */
describe("whatever fails outside, nothing is lost, doubled or repeated", () => {
  let plane: ControlPlane;
  let proxy: FaultyProxy;
  let chat: RocketChatDouble;
  let api: MessagesApi;
  let medic: MedicProcess;
  let stateDir: string;
  let model: () => ModelReply = () => done;
  let builds = 0;

  const start = (): Promise<MedicProcess> =>
    startMedic({
      kubeconfig: proxy.kubeconfig,
      stateDir,
      env: {
        ...chat.env,
        ANTHROPIC_BASE_URL: api.url,
        ANTHROPIC_API_KEY: "sk-ant-the-key-of-this-test-0123456789",
        MEDIC_SWEEP_SECONDS: "1",
        MEDIC_HOURLY_BUDGET_USD: "900",
        MEDIC_EPISODE_TIMEOUT_SECONDS: "60",
      },
    });

  before(async () => {
    plane = await startControlPlane({
      log: () => {},
      fakeNodes: { count: 1, stages: [stage("image-missing"), stage("never-ready")] },
    });
    chat = await startRocketChatDouble({});
    api = await startMessagesApi({ respond: () => model() });
    await installMedic(plane.admin);
    proxy = await startFaultyProxy(plane, await accountOfMedic());
    stateDir = await mkdtemp(join(tmpdir(), "medic-nothing-lost-"));
    medic = await start();
  });
  after(async () => {
    await medic?.stop();
    await proxy?.stop();
    await api?.close();
    await chat?.stop();
    await plane?.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    proxy.clear();
    chat.calm();
    model = () => done;
    await callApi(plane.admin, "DELETE", `/api/v1/namespaces/build-${builds}`);
  });

  async function accountOfMedic(): Promise<string> {
    const subject = { kind: "ServiceAccount", name: "medic", namespace: "build-medic" };
    await callApi(plane.admin, "POST", "/api/v1/namespaces/build-medic/serviceaccounts", {
      body: { metadata: { name: subject.name } },
    });
    await callApi(plane.admin, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      body: {
        metadata: { name: "medic" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [subject],
      },
    });
    return plane.kubeconfigFor({ namespace: subject.namespace, serviceAccount: subject.name });
  }

  async function build(options: Broken): Promise<string> {
    builds += 1;
    const namespace = `build-${builds}`;
    await createBuild(plane.admin, namespace);
    await createStack(plane.admin, { namespace, client: "0", ...options });
    return namespace;
  }

  const messagesFor = (namespace: string): number =>
    chat.messages().filter((message) => JSON.stringify(message).includes(`${namespace}-`)).length;
  const says = (msg: string): boolean => medic.lines.some((line) => line["msg"] === msg);

  function incidentOf(
    namespace: string,
    isSo: (status: StoredIncident["status"]) => boolean,
  ): Promise<StoredIncident> {
    return eventually(`an incident of ${namespace} is as it should be`, async () =>
      (await incidentsOf(plane.admin, namespace)).find(({ status }) => status !== undefined && isSo(status)),
    );
  }

  async function repairedOnce(namespace: string): Promise<void> {
    await incidentOf(namespace, ({ phase }) => phase === "Resolved");
    const writes = await medicWrites(plane.auditLog, namespace);
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => [verb, objectRef?.name]),
      [["patch", "server-0"]],
    );
    assert.equal(messagesFor(namespace), 0);
  }

  /** One incident, its message recorded as sent, one message at the chat, no write. */
  async function toldOnce(namespace: string): Promise<StoredIncident> {
    const sent = await incidentOf(
      namespace,
      ({ phase, escalation }) => phase === "Escalated" && escalation?.sentAt !== undefined,
    );
    assert.equal(messagesFor(namespace), 1);
    assert.equal((await incidentsOf(plane.admin, namespace)).length, 1);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
    return sent;
  }

  const noticed = (namespace: string): Promise<StoredIncident> =>
    incidentOf(namespace, ({ escalation }) => JSON.stringify(escalation ?? {}).includes("lastError"));

  it("repairs what broke while the API server was away for longer than the lease holds", async () => {
    await eventually("it leads", async () => says("leading"));
    proxy.inject({ kind: "refuse" });
    const namespace = await build(scaledAway);
    await eventually("it leads no more", async () =>
      says("the lease is lost; nothing is changed until it is held again"),
    );
    proxy.clear();
    await repairedOnce(namespace);
  });

  it("repairs although the answers about the stack and the lease take five seconds", async () => {
    // Read, read again, write.
    proxy.inject({ kind: "slow", afterMs: 5000 }, { path: "/statefulsets/", times: 3 });
    proxy.inject({ kind: "slow", afterMs: 5000 }, { path: "/leases/" });
    await repairedOnce(await build(scaledAway));
  });

  it("starts although the API server takes five seconds for its first answers", async () => {
    assert.equal(await medic.stop(), 0);
    proxy.inject({ kind: "slow", afterMs: 5000 }, { path: "/version" });
    medic = await start();
  });

  it("repairs once after a storm of 429 in which everything was turned away", async () => {
    const from = proxy.requests.length;
    proxy.inject({ kind: "status", status: 429, retryAfterSeconds: 1 });
    proxy.dropConnections();
    const namespace = await build(scaledAway);
    await eventually("many were turned away", async () => proxy.requests.length - from > 20);
    proxy.clear();
    await repairedOnce(namespace);
  });

  it("sends the message when a chat that was down is back", async () => {
    await chat.refuse();
    const namespace = await build(undeclared);
    await noticed(namespace);
    assert.equal(messagesFor(namespace), 0);
    await chat.accept();
    await toldOnce(namespace);
  });

  it("does not send again what the chat took and answered after the medic had given up", async () => {
    chat.inject({ kind: "slow", ms: 11_000, route: "chat.sendMessage" });
    const namespace = await build(undeclared);
    await noticed(namespace);
    assert.equal(messagesFor(namespace), 1, "it was taken");
    await toldOnce(namespace);
  });

  it("sends what a chat refused after a restart, when it refuses no longer", async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ success: false, error: "error-action-not-allowed" });
    chat.inject({ kind: "status", status: 400, body, headers, route: "chat.sendMessage" });
    const namespace = await build(undeclared);
    await noticed(namespace);
    assert.equal(await medic.stop(), 0);
    assert.equal(messagesFor(namespace), 0);
    medic = await start();
    await toldOnce(namespace);
  });

  it("tells people once when nobody listens where the model should be", async () => {
    const port = Number(new URL(api.url).port);
    await api.close();
    const namespace = await build(stuck);
    const { status } = await toldOnce(namespace);
    assert.equal(episodeOf(status).outcome, "api-error");
    api = await startMessagesApi({ port, respond: () => model() });
  });

  it("does nothing that cannot be audited, tells people instead, and goes on when the disk has room again", async () => {
    await limitFiles(medic.pid, (await stat(join(stateDir, "audit.jsonl"))).size + 100);
    const namespace = await build(scaledAway);
    const { status } = await toldOnce(namespace);
    assert.equal(status.reason, "RepairRefused");
    assert.match(status.rootCause, /the audit log cannot be written/);
    const beyond = await build(stuck);
    assert.equal(episodeOf((await toldOnce(beyond)).status).outcome, "not-audited");
    await limitFiles(medic.pid, "unlimited");
    await repairedOnce(await build(scaledAway));
  });

  it("goes on with an episode whose transcript cannot be stored, and says so", async () => {
    // A file where the folder should be: no line can be stored, the audit log can.
    await rm(join(stateDir, "episodes"), { recursive: true, force: true });
    await writeFile(join(stateDir, "episodes"), "");
    let asked = 0;
    model = () => ((asked += 1) === 1 ? restarts : done);
    const namespace = await build(stuck);
    await incidentOf(namespace, ({ phase }) => phase === "Escalated");
    const writes = await medicWrites(plane.auditLog, namespace);
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => [verb, objectRef?.name]),
      [["delete", "server-0-0"]],
    );
    assert.ok(says("transcript cannot be stored"));
    await rm(join(stateDir, "episodes"));
  });

  it("ends the episode and the incident when the namespace is deleted in it", async () => {
    const from = api.requests.length;
    model = () => hangs;
    const namespace = await build(stuck);
    await eventually("the model is asked", async () => api.requests.length > from);
    await callApi(plane.admin, "DELETE", `/api/v1/namespaces/${namespace}`);
    await incidentOf(
      namespace,
      (status) => status.phase === "Gone" && episodeOf(status).outcome === "aborted",
    );
    await eventually(
      "the namespace is gone",
      async () => (await read(plane.admin, `/api/v1/namespaces/${namespace}`)) === undefined,
    );
    assert.equal(messagesFor(namespace), 0);
    assert.deepEqual(await medicWrites(plane.auditLog, namespace), []);
  });

  it("ends in order when it is stopped in an episode, and its successor tells people without a second one", async () => {
    const from = api.requests.length;
    model = () => hangs;
    const namespace = await build(stuck);
    await eventually("the model is asked", async () => api.requests.length > from);
    // Not 1, with which it ends when its grace period is over.
    assert.equal(await medic.stop(), 0);
    const asked = api.requests.length;
    medic = await start();
    const { status } = await toldOnce(namespace);
    assert.equal(episodeOf(status).outcome, "aborted");
    assert.equal(api.requests.length, asked);
  });
});

function episodeOf(status: StoredIncident["status"]): { readonly outcome: string } {
  return (status as { episode?: { outcome: string } }).episode ?? { outcome: "none" };
}

/** How long the files of a running process may become, as on a disk that is full. */
async function limitFiles(pid: number, bytes: number | "unlimited"): Promise<void> {
  await promisify(execFile)("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}
