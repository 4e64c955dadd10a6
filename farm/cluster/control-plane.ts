import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callApi, type ApiAccess } from "./api-client.ts";
import type { Log } from "./cache.ts";
import { createAuthority, createKeyPair, issueCertificate, type Authority } from "./certificates.ts";
import {
  apiServerArguments,
  auditPolicy,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
  type ControlPlaneLayout,
} from "./control-plane-arguments.ts";
import { endDaemon, isAlive, lastLines, startDaemon, type Daemon } from "./daemon.ts";
import { createFakeNodes, kwokArguments, type FakeNodes } from "./fake-nodes.ts";
import { freePorts } from "./free-ports.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { controlPlanePackages, ensurePackages } from "./packages.ts";
import { ensureBinaries, ensureKwok, type Binaries } from "./toolchain.ts";

export type ControlPlaneOptions = {
  readonly log?: Log;
  /** Where certificates, data and logs go. Default: a temporary directory that `stop` removes. */
  readonly directory?: string;
  /** Where the API server listens. Default: 127.0.0.1 */
  readonly bindAddress?: string;
  readonly serviceCidr?: string;
  /** Run kube-controller-manager and kube-scheduler too (default: only when there are fake nodes). */
  readonly controllers?: boolean;
  /** Fake nodes, played by KWOK. */
  readonly fakeNodes?: FakeNodes;
  /** "parent" (default): everything ends with this process. "detached": it outlives it. */
  readonly lifetime?: "parent" | "detached";
  /** Cgroup directories that every process joins. */
  readonly cgroups?: readonly string[];
};

/** Who a kubeconfig is for: a user by certificate, or a service account by a token that holds for a day. */
export type Identity =
  | { readonly user: string; readonly groups?: readonly string[] }
  | { readonly namespace: string; readonly serviceAccount: string };

export type ControlPlane = {
  readonly server: string;
  readonly caFile: string;
  /** Path of the administrator's kubeconfig (group system:masters). */
  readonly kubeconfig: string;
  /** Path of the API server's audit log: JSON lines, one per answered request. */
  readonly auditLog: string;
  readonly directory: string;
  readonly kubernetesVersion: string;
  readonly authority: Authority;
  /** Access as administrator, for `callApi`. */
  readonly admin: ApiAccess;
  /** Everything that runs now. */
  daemons(): readonly Daemon[];
  /** Writes a kubeconfig for somebody and returns its path. */
  kubeconfigFor(identity: Identity): Promise<string>;
  /** Ends the API server: SIGTERM with `graceMs` to shut down in order, by default SIGKILL at once. */
  stopApiServer(graceMs?: number): Promise<void>;
  /** Starts it again on the same port and waits until it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** Ends everything, waits for it, and removes the directory if it was a temporary one. */
  stop(): Promise<void>;
};

/**
 * Starts a real Kubernetes control plane: etcd, kube-apiserver with RBAC and an audit log, and on demand
 * kube-controller-manager, kube-scheduler and fake nodes. Resolves when it is ready (about three seconds);
 * throws one sentence, and leaves nothing behind, when it does not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  await ensurePackages(controlPlanePackages, { log });
  const binaries = await ensureBinaries({ log });
  const directory = options.directory ?? temporaryDirectory();
  await mkdir(join(directory, "logs"), { recursive: true });
  const layout = await layOut(directory, options);
  const authority = await issueAll(layout);
  const plane = new RunningControlPlane({ layout, options, authority, binaries });
  try {
    await plane.start(log);
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "build-medic-control-plane-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function layOut(directory: string, options: ControlPlaneOptions): Promise<ControlPlaneLayout> {
  const bindAddress = options.bindAddress ?? "127.0.0.1";
  const [etcd = 0, etcdPeer = 0, controllerManager = 0, scheduler = 0] = await freePorts(
    "127.0.0.1",
    [0, 0, 0, 0],
  );
  const [api = 0] = await freePorts(bindAddress, [bindAddress.startsWith("127.") ? 0 : 6443]);
  const ports = { etcd, etcdPeer, api, controllerManager, scheduler };
  return { directory, bindAddress, serviceCidr: options.serviceCidr ?? "10.96.0.0/16", ports };
}

async function issueAll(layout: ControlPlaneLayout): Promise<Authority> {
  const authority = await createAuthority(join(layout.directory, "pki"));
  const inCluster = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  const hosts = [
    layout.bindAddress,
    "127.0.0.1",
    firstAddress(layout.serviceCidr),
    "localhost",
    ...inCluster,
  ];
  await Promise.all([
    createKeyPair(authority.directory),
    issueCertificate(authority, { file: "apiserver", commonName: "kube-apiserver", hosts }),
    writeFile(join(layout.directory, "audit-policy.json"), JSON.stringify(auditPolicy)),
  ]);
  return authority;
}

/** The first address of a range, which the `kubernetes` Service gets: 10.96.0.0/16 → 10.96.0.1. */
function firstAddress(cidr: string): string {
  return cidr.replace(/\.\d+\/\d+$/, ".1");
}

type Parts = {
  readonly layout: ControlPlaneLayout;
  readonly options: ControlPlaneOptions;
  readonly authority: Authority;
  readonly binaries: Binaries;
};

class RunningControlPlane implements ControlPlane {
  readonly server: string;
  readonly caFile: string;
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly directory: string;
  readonly kubernetesVersion: string;
  readonly authority: Authority;
  readonly #parts: Parts;
  readonly #daemons = new Map<string, Daemon>();
  #admin: ApiAccess;
  #identities = 0;

  constructor(parts: Parts) {
    const { layout, authority, binaries } = parts;
    this.#parts = parts;
    this.server = `https://${layout.bindAddress}:${layout.ports.api}`;
    this.caFile = authority.certFile;
    this.kubeconfig = join(layout.directory, "admin.kubeconfig");
    this.auditLog = join(layout.directory, "audit.log");
    this.directory = layout.directory;
    this.kubernetesVersion = binaries.version;
    this.authority = authority;
    this.#admin = { server: this.server, ca: authority.cert };
  }

  get admin(): ApiAccess {
    return this.#admin;
  }

  daemons(): readonly Daemon[] {
    return [...this.#daemons.values()].filter((daemon) => isAlive(daemon));
  }

  async start(log: Log): Promise<void> {
    const { layout, options, authority } = this.#parts;
    const admin = await issueCertificate(authority, {
      file: "admin",
      commonName: "farm-admin",
      organizations: ["system:masters"],
    });
    this.#admin = { ...this.#admin, cert: admin.cert, key: admin.key };
    await writeKubeconfig(this.kubeconfig, { server: this.server, ca: authority.cert }, admin);
    await this.#run("etcd", "etcd", etcdArguments(layout));
    await this.startApiServer();
    const fake = options.fakeNodes;
    if (options.controllers ?? fake !== undefined) await this.#startControllers();
    if (fake !== undefined) await this.#startFakeNodes(fake, log);
  }

  async #startControllers(): Promise<void> {
    const { layout, binaries } = this.#parts;
    await this.#component("controller-manager", "system:kube-controller-manager");
    await this.#component("scheduler", "system:kube-scheduler");
    await this.#run(
      "kube-controller-manager",
      binaries.controllerManager,
      controllerManagerArguments(layout),
    );
    await this.#run("kube-scheduler", binaries.scheduler, schedulerArguments(layout));
    await this.#until("the controllers", async () => {
      // Pods are refused until the controller manager has made the namespace's default service account.
      const account = await callApi(this.#admin, "GET", "/api/v1/namespaces/default/serviceaccounts/default");
      return account.status === 200;
    });
  }

  async #startFakeNodes(fake: FakeNodes, log: Log): Promise<void> {
    const kwok = await ensureKwok({ log });
    await this.#run("kwok", kwok.binary, kwokArguments(kwok, fake, this.kubeconfig));
    await createFakeNodes(this.#admin, fake.count);
    await this.#until("the fake nodes", async () => {
      const { body } = await callApi(this.#admin, "GET", "/api/v1/nodes");
      return readyNodes(body).filter((name) => name.startsWith("fake-")).length >= fake.count;
    });
  }

  async kubeconfigFor(identity: Identity): Promise<string> {
    this.#identities += 1;
    const name = `identity-${this.#identities}`;
    const file = join(this.directory, `${name}.kubeconfig`);
    const cluster = { server: this.server, ca: this.authority.cert };
    if ("user" in identity) {
      const subject = { file: name, commonName: identity.user, organizations: identity.groups ?? [] };
      return writeKubeconfig(file, cluster, await issueCertificate(this.authority, subject));
    }
    const path = `/api/v1/namespaces/${identity.namespace}/serviceaccounts/${identity.serviceAccount}/token`;
    const answer = await callApi(this.#admin, "POST", path, {
      body: { spec: { expirationSeconds: 86_400 } },
    });
    const token = (answer.body as { status?: { token?: string } }).status?.token;
    if (token === undefined)
      throw new Error(`no token from ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return writeKubeconfig(file, cluster, { token });
  }

  async stopApiServer(graceMs = 0): Promise<void> {
    const daemon = this.#daemons.get("kube-apiserver");
    if (daemon !== undefined) await endDaemon(daemon, graceMs);
  }

  async startApiServer(): Promise<void> {
    await this.#run("kube-apiserver", this.#parts.binaries.apiServer, apiServerArguments(this.#parts.layout));
    await this.#until("the API server", async () => {
      const ready = await callApi(this.#admin, "GET", "/readyz", { timeoutMs: 2_000 });
      return ready.status === 200;
    });
  }

  async restartApiServer(): Promise<void> {
    await this.stopApiServer();
    await this.startApiServer();
  }

  async stop(): Promise<void> {
    // Clients first, etcd last, so that nothing fills its log with complaints about the others.
    for (const daemon of [...this.#daemons.values()].reverse()) await endDaemon(daemon);
    this.#daemons.clear();
    if (this.#parts.options.directory === undefined)
      await rm(this.directory, { recursive: true, force: true });
  }

  async #component(file: string, user: string): Promise<void> {
    const { authority, layout } = this.#parts;
    const certificate = await issueCertificate(authority, { file, commonName: user });
    const target = join(layout.directory, `${file}.kubeconfig`);
    await writeKubeconfig(target, { server: this.server, ca: authority.cert }, certificate);
  }

  async #run(name: string, command: string, args: readonly string[]): Promise<void> {
    const { layout, options } = this.#parts;
    const daemon = await startDaemon({
      name,
      command,
      args,
      logFile: join(layout.directory, "logs", `${name}.log`),
      lifetime: options.lifetime ?? "parent",
      cgroups: options.cgroups ?? [],
      cwd: layout.directory,
    });
    this.#daemons.set(name, daemon);
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await isSo().catch(() => false))) {
      const dead = [...this.#daemons.values()].find((daemon) => !isAlive(daemon));
      if (dead !== undefined)
        throw new Error(`${dead.name} ended while starting: ${this.#lastWords(dead.name)}`);
      if (Date.now() > deadline)
        throw new Error(`${what} did not become ready within 60 s; see ${this.directory}/logs`);
      await delay(50);
    }
  }

  #lastWords(name: string): string {
    return lastLines(join(this.directory, "logs", `${name}.log`), 3);
  }
}

/** Names of the nodes in a node list that are Ready. */
export function readyNodes(list: unknown): string[] {
  const { items = [] } = list as { items?: NodeObject[] };
  return items.filter((node) => isReady(node)).map((node) => node.metadata.name);
}

type NodeObject = {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};

function isReady(node: NodeObject): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}
