import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import type { V1NodeList, V1NamespaceList } from "@kubernetes/client-node";
import { openFarm } from "../../farm/build/farm-access.ts";
import type { FarmAccess } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { createNamespace, deleteNamespace } from "../../farm/build/namespace.ts";
import { medicTraffic } from "../../farm/build/audit-writes.ts";
import { dropOpenBuild, listOpenBuilds, saveOpenBuild } from "../../farm/build/open-builds.ts";
import { thisOwner } from "../../farm/build/owner.ts";
import type { BuildRecord } from "../../farm/build/record.ts";
import { createRunnerPods, podRunner } from "../../farm/build/runner.ts";
import type { Runner } from "../../farm/build/runner.ts";
import { newRunId } from "../../farm/build/run-id.ts";
import { poll, sleep } from "../../farm/build/sleep.ts";
import { stackUrl, waitUntilReady } from "../../farm/build/suite.ts";
import { waitUntilRunning } from "../../farm/build/placement.ts";
import { up } from "../../farm/cluster/up.ts";
import { NETWORK_FAULTS } from "../../farm/faults/catalogue.ts";
import { inject } from "../../farm/faults/inject.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const MINUTES = 60_000;

let farm: FarmAccess;
let kube: Kube;

before(
  async () => {
    await up({ log: console.error });
    farm = await openFarm({ report: console.error });
    kube = openKube(farm);
  },
  { timeout: 20 * MINUTES },
);

/** Starts `build-medic farm …`; `done` gives its exit code and what it printed. */
function startFarmCommand(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, "farm", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    process.stderr.write(text);
  });
  const done = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, done, printed: () => stderr };
}

async function farmCommand(...args: readonly string[]) {
  return startFarmCommand(args).done;
}

async function build(...args: readonly string[]): Promise<{ code: number | null; record: BuildRecord }> {
  const { code, stdout } = await farmCommand("build", ...args, "--json");
  return { code, record: JSON.parse(stdout) as BuildRecord };
}

async function cordonedNodes(): Promise<string[]> {
  const { items } = await kube.get<V1NodeList>("list nodes", ["nodes"]);
  return items.filter((node) => node.spec?.unschedulable).map((node) => node.metadata?.name ?? "");
}

async function openRunIds(): Promise<string[]> {
  return (await listOpenBuilds()).map((build) => build.runId);
}

/** The run id in a build's first line of progress. */
async function runIdOf(running: ReturnType<typeof startFarmCommand>): Promise<string> {
  const found = await poll(() => Promise.resolve(/build (\S+) in namespace/.exec(running.printed())?.[1]), {
    everyMs: 50,
    forMs: 5 * MINUTES,
  });
  assert.ok(found, "the build has begun");
  return found;
}

async function buildNamespaces(): Promise<string[]> {
  const { items } = await kube.get<V1NamespaceList>("list namespaces", ["namespaces", "-l", "medic/run-id"]);
  return items.map((namespace) => namespace.metadata?.name ?? "");
}

async function eventually(what: string, ask: () => Promise<boolean>, seconds = 60): Promise<void> {
  const yes = await poll(async () => ((await ask()) ? true : undefined), {
    everyMs: 300,
    forMs: seconds * 1000,
  });
  assert.ok(yes, `${what} within ${seconds} s`);
}

const outcomes = (record: BuildRecord) => record.clients.map((client) => client.outcome);

describe("a build that is stopped", { timeout: 20 * MINUTES }, () => {
  const CORDONING = ["build", "--mode", "chaos-recoverable", "--medic", "off", "--clients", "2"];
  /** The fault's line of progress: from then on all nodes are cordoned, and nobody else's build is on the farm. */
  const faultIsIn = (build: ReturnType<typeof startFarmCommand>) =>
    eventually(
      "the fault is in place",
      () => Promise.resolve(build.printed().includes("fault in place")),
      600,
    );

  test("by Ctrl-C uncordons the nodes and removes its namespace before it ends", async () => {
    const build = startFarmCommand(CORDONING);
    const runId = await runIdOf(build);
    await faultIsIn(build);
    assert.ok((await cordonedNodes()).length > 0);
    build.child.kill("SIGINT");
    const { code, stdout } = await build.done;
    assert.equal(code, 1);
    assert.match(stdout, /interrupted/);
    assert.deepEqual(await cordonedNodes(), []);
    assert.ok(!(await buildNamespaces()).includes(`build-${runId}`));
  });

  test("by a closed pipe removes its namespace, although nobody listens any more", async () => {
    const build = startFarmCommand(["build", "--mode", "none", "--medic", "off", "--clients", "1"]);
    const closed = once(build.child, "exit");
    const runId = await runIdOf(build);
    build.child.stdout.destroy();
    build.child.stderr.destroy();
    await closed;
    assert.ok(!(await buildNamespaces()).includes(`build-${runId}`));
    assert.ok(!(await openRunIds()).includes(runId));
  });

  test("by kill -9 is cleaned up by the next command", async () => {
    const build = startFarmCommand(CORDONING);
    const runId = await runIdOf(build);
    await faultIsIn(build);
    build.child.kill("SIGKILL");
    await build.done;
    assert.ok((await cordonedNodes()).length > 0, "nobody is left to uncordon");
    const next = await farmCommand("build", "--mode", "none", "--medic", "off", "--clients", "1");
    assert.match(next.stderr, new RegExp(`build ${runId} had been killed: uncordoned node-1, node-2`));
    assert.equal(next.code, 0, next.stdout);
    assert.deepEqual(await cordonedNodes(), []);
    assert.ok(!(await buildNamespaces()).includes(`build-${runId}`));
  });
});

describe("a network fault", { timeout: 15 * MINUTES }, () => {
  const client = 0;
  const runId = newRunId(Date.now());
  const namespace = `build-${runId}`;
  let runner: Runner;

  before(async () => {
    const { kubeconfig, clusterUid } = farm;
    const owner = await thisOwner();
    // On record like any build: when this test is killed, the next command cleans up after it.
    await saveOpenBuild({ runId, namespace, owner, kubeconfig, clusterUid, cordoned: [], keep: false });
    await createNamespace(kube, { runId, watched: false });
    await createRunnerPods(kube, [{ namespace, client, image: farm.suiteImage }]);
    const values = { client: String(client), runId, ...farm.chartValues };
    const sets = Object.entries(values).flatMap(([key, value]) => ["--set-string", `${key}=${value}`]);
    const installed = await kube.helm(["install", "client-0", farm.chart, "-n", namespace, ...sets]);
    assert.equal(installed.code, 0, installed.stderr);
    runner = podRunner(kube, { namespace, client });
    await runner.ready();
    await ready(90);
  });
  after(async () => {
    await deleteNamespace(kube, namespace);
    await dropOpenBuild(runId);
  });

  async function ready(timeoutSeconds: number): Promise<void> {
    const signal = new AbortController().signal;
    const answer = await waitUntilReady(runner, {
      url: stackUrl({ namespace, client }),
      timeoutSeconds,
      signal,
    });
    assert.ok(answer.ready, `ready within ${timeoutSeconds} s, last answer: ${answer.last}`);
  }

  /** The pod's own address: its DNS name is gone as soon as it is not ready. */
  async function statusOfReadyz(): Promise<string> {
    const ip = await kube.ask("address", [
      "get",
      "pod",
      "server-0-0",
      "-n",
      namespace,
      "-o",
      "jsonpath={.status.podIP}",
    ]);
    const program = `fetch("http://${ip}:8080/readyz").then((r) => console.log(r.status), (e) => console.log(e.cause?.code))`;
    return (await runner.node(["-e", program])).stdout.trim();
  }

  const site = () => ({
    kube,
    namespace,
    client,
    runId,
    rememberCordon: () => Promise.resolve(),
    report: (line: string) => console.error(line),
  });

  for (const name of NETWORK_FAULTS) {
    test(`${name}: /readyz answers 503, also on new pods, and 200 again once it is healed`, async () => {
      const fault = await inject(name, site());
      try {
        await eventually("503", async () => (await statusOfReadyz()) === "503", 15);
        // Both: each end alone would still be cut off from the other's side.
        await kube.ask("delete both pods", ["delete", "pod", "server-0-0", "db-0-0", "-n", namespace]);
        await waitUntilRunning(kube, { namespace, client });
        await eventually("503 from the new pod", async () => (await statusOfReadyz()) === "503", 15);
        for (let count = 0; count < 8; count += 1) {
          assert.equal(await statusOfReadyz(), "503");
          await sleep(500);
        }
      } finally {
        await fault.heal();
      }
      await ready(60);
      const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
      const counts = await kube.ask("restarts", [
        "get",
        "pods",
        "-n",
        namespace,
        "-l",
        "medic/client",
        "-o",
        restarts,
      ]);
      assert.match(counts, /^0 0$/, "the kubelet has restarted nothing: its own probes are not hit");
    });
  }
});

describe("wrong use", { timeout: 2 * MINUTES }, () => {
  const WRONG: Record<string, readonly string[]> = {
    "no mode": ["build", "--medic", "off"],
    "an unknown mode": ["build", "--mode", "chaos", "--medic", "off"],
    "an unknown flag": ["build", "--mode", "none", "--medic", "off", "--frobnicate"],
    "a kubeconfig that is not there": [
      "build",
      "--mode",
      "none",
      "--medic",
      "off",
      "--kubeconfig",
      "/nowhere",
    ],
    "a matrix of unknown modes": ["matrix", "--modes", "none,chaos"],
  };
  for (const [name, args] of Object.entries(WRONG)) {
    test(`${name} ends with exit code 2 and one sentence`, async () => {
      const { code, stdout, stderr } = await farmCommand(...args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /^build-medic: [^\n]+\n$/);
    });
  }
});

describe("a build with the medic", { timeout: 40 * MINUTES }, () => {
  test("in which a server crashes during its tests fails its tests, not its environment, and the medic writes nothing", async () => {
    const { code, record } = await build(
      "--fault",
      "crash-in-tests",
      "--medic",
      "on",
      "--clients",
      "2",
      "--target",
      "0",
    );
    assert.equal(code, 1);
    assert.deepEqual(outcomes(record), ["tests", "passed"], JSON.stringify(record, undefined, 2));
    assert.deepEqual(record.incidents, []);
    assert.ok(farm.auditLog !== undefined);
    assert.deepEqual((await medicTraffic(farm.auditLog, record)).writes, []);
  });
});
