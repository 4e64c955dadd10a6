import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { run } from "../../farm/cluster/command.ts";
import { kubectlPath } from "../../farm/cluster/kube-tools.ts";
import { ensurePackages, nodePackages } from "../../farm/cluster/packages.ts";

// A farm in a directory and a network namespace of its own, so that the machine's usual farm is not disturbed.
const namespace = `bm-life-${process.pid}`;
const directory = directoryOf(namespace);
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const root = process.platform === "linux" && process.getuid?.() === 0;

describe("the life of a local farm", { skip: root ? false : "needs root on Linux" }, () => {
  const cgroup = `build-medic-farm-${createHash("sha256").update(directory).digest("hex").slice(0, 6)}`;
  let clean: Traces;

  before(async () => {
    await ensurePackages(nodePackages, { log: () => {} });
    await removeAbandoned();
    await run("ip", ["netns", "add", namespace]);
    await inNetwork("ip", ["link", "set", "lo", "up"]);
    // The first listing of rules makes the empty tables.
    await inNetwork("iptables-save", []);
    clean = await traces();
  });

  after(async () => {
    await remove(namespace);
  });

  it("comes up with two real nodes that run containers", async () => {
    const up = await farm("up");
    assert.equal(up.code, 0, up.stderr);
    await runsPods();
    assert.equal((await farm("status")).code, 0);
  });

  it("is left as it is by a second up", async () => {
    const pids = processes();
    const up = await farm("up");
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /already up and healthy/);
    const now = new Set(processes());
    assert.deepEqual(
      pids.filter((pid) => !now.has(pid)),
      [],
    );
  });

  it("is unhealthy when one part dies, says which, and up makes it whole", async () => {
    const { components } = await status();
    const etcd = components.find((component) => component.name === "etcd")?.detail.match(/\d+/)?.[0];
    process.kill(Number(etcd), "SIGKILL");
    await gone([Number(etcd)]);
    const sick = await farm("status", "--json");
    assert.equal(sick.code, 1);
    const named = statusSchema.parse(JSON.parse(sick.stdout)).components.filter((part) => !part.healthy);
    assert.ok(named.some((part) => part.name === "etcd"));
    const up = await farm("up");
    assert.equal(up.code, 0, up.stderr);
    assert.equal((await farm("status")).code, 0);
  });

  it("comes up again after kill -9 of everything", async () => {
    await runsPods();
    const victims = processes();
    assert.ok(victims.length > 12, `only ${victims.length} processes`);
    for (const pid of victims) killQuietly(pid);
    await gone(victims);
    assert.equal((await farm("status")).code, 1);
    const up = await farm("up");
    assert.equal(up.code, 0, up.stderr);
    await runsPods();
  });

  it("leaves no process, mount, link, rule, namespace, cgroup or kernel setting after down", async () => {
    const dirty = await traces();
    assert.ok(
      dirty.processes > 12 && dirty.links.length > 1 && dirty.rules.length > 20 && dirty.cgroups.length > 0,
    );
    const down = await farm("down");
    assert.equal(down.code, 0, down.stderr);
    assert.deepEqual(await traces(), clean);
    assert.equal((await farm("status")).code, 1);
  });

  it("has nothing to do on a second down", async () => {
    const down = await farm("down");
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stderr, /no farm is up/);
  });

  async function traces(): Promise<Traces> {
    const links = await inNetwork("ip", ["-o", "link"]);
    const rules = await Promise.all(["iptables-save", "ip6tables-save"].map((save) => inNetwork(save, [])));
    return {
      processes: processes().length,
      mounts: lines(readFileSync("/proc/self/mountinfo", "utf8")).filter((line) => line.includes(directory)),
      links: lines(links).map((line) => line.split(": ")[1] ?? ""),
      rules: rules.flatMap(lines).filter((line) => /^(:(KUBE|BM|CNI)|-A)/.test(line)),
      namespaces: existsSync("/run/netns")
        ? readdirSync("/run/netns").filter((name) => name.startsWith("cni-"))
        : [],
      cgroups: cgroupDirectories(cgroup),
      settings: lines(await inNetwork("sysctl", ["net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet"])),
    };
  }

  /** Everything in the farm's cgroups, asked of /proc and not of the farm. */
  function processes(): number[] {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && !isZombie(pid) && read(`/proc/${pid}/cgroup`).includes(`/${cgroup}/`));
  }

  async function status() {
    return statusSchema.parse(JSON.parse((await farm("status", "--json")).stdout));
  }

  /** One pod on each node, from the image that every node has. */
  async function runsPods(): Promise<void> {
    const kubeconfig = join(directory, "run", "control-plane", "admin.kubeconfig");
    const kubectl = [await kubectlPath(), "--kubeconfig", kubeconfig];
    await inNetwork(kubectl[0]!, [...kubectl.slice(1), "apply", "-f", "-"], JSON.stringify(workload));
    const wait = ["rollout", "status", "statefulset/idle", "--timeout=60s"];
    await inNetwork(kubectl[0]!, [...kubectl.slice(1), ...wait]);
  }

  function farm(...args: string[]): Promise<Ended> {
    return farmIn(namespace, args);
  }
});

function farmIn(name: string, args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, BUILD_MEDIC_FARM_DIR: directoryOf(name) };
  return ended("nsenter", [`--net=/run/netns/${name}`, process.execPath, main, "farm", ...args], env);
}

function directoryOf(name: string): string {
  return join(tmpdir(), name);
}

async function remove(name: string): Promise<void> {
  await farmIn(name, ["down", "--purge"]);
  await run("ip", ["netns", "delete", name]);
}

/** A run of this test that was killed has left its farm behind. */
async function removeAbandoned(): Promise<void> {
  const names = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  for (const name of names.filter((entry) => /^bm-life-\d+$/.test(entry))) {
    if (!existsSync(`/proc/${name.slice("bm-life-".length)}`)) await remove(name);
  }
}

type Traces = {
  readonly processes: number;
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly rules: readonly string[];
  readonly namespaces: readonly string[];
  readonly cgroups: readonly string[];
  readonly settings: readonly string[];
};

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

const statusSchema = z.object({
  components: z.array(z.object({ name: z.string(), healthy: z.boolean(), detail: z.string() })),
});

const workload = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "idle", namespace: "default" },
  spec: {
    replicas: 2,
    serviceName: "idle",
    podManagementPolicy: "Parallel",
    selector: { matchLabels: { app: "idle" } },
    template: {
      metadata: { labels: { app: "idle" } },
      spec: {
        containers: [{ name: "main", image: "docker.io/build-medic/pause:1", imagePullPolicy: "Never" }],
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: "idle" } },
          },
        ],
      },
    },
  },
};

function ended(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

function inNetwork(command: string, args: readonly string[], input?: string): Promise<string> {
  const all = [`--net=/run/netns/${namespace}`, command, ...args];
  return run("nsenter", all, input === undefined ? {} : { input });
}

/** Directories of that name in every cgroup hierarchy. */
function cgroupDirectories(name: string): string[] {
  const top = "/sys/fs/cgroup";
  return [top, ...readdirSync(top).map((entry) => join(top, entry))]
    .map((hierarchy) => join(hierarchy, name))
    .filter((path) => existsSync(path));
}

async function gone(pids: readonly number[]): Promise<void> {
  for (let waited = 0; waited < 200; waited += 1) {
    if (pids.every((pid) => !existsSync(`/proc/${pid}`) || isZombie(pid))) return;
    await delay(50);
  }
  assert.fail(`still there: ${pids.filter((pid) => existsSync(`/proc/${pid}`)).join(", ")}`);
}

function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(read(`/proc/${pid}/status`));
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with another one.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
