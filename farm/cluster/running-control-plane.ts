import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callApi, type ApiAccess } from "./api-client.ts";
import { issuedToken, readyNodes } from "./api-objects.ts";
import type { Log } from "./cache.ts";
import { issueCertificate, type Authority } from "./certificates.ts";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
  type ControlPlaneLayout,
} from "./control-plane-arguments.ts";
import type { ControlPlane, ControlPlaneOptions, Identity } from "./control-plane.ts";
import { endDaemon, isAlive, lastLines, startDaemon, type Daemon } from "./daemon.ts";
import { createFakeNodes, kwokArguments, type FakeNodes } from "./fake-nodes.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { ensureKwok, type Binaries } from "./toolchain.ts";

/** What a control plane is made of before it runs. */
export type Parts = {
  readonly layout: ControlPlaneLayout;
  readonly options: ControlPlaneOptions;
  readonly authority: Authority;
  readonly binaries: Binaries;
};

/** The processes of one control plane; see `ControlPlane` for what its members promise. */
export class RunningControlPlane implements ControlPlane {
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
    const token = issuedToken(answer.body);
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
    for (const daemon of [...this.#daemons.values()].toReversed()) await endDaemon(daemon);
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
    options.onStart?.(daemon);
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 120_000;
    while (!(await isSo().catch(() => false))) {
      const dead = [...this.#daemons.values()].find((daemon) => !isAlive(daemon));
      if (dead !== undefined)
        throw new Error(`${dead.name} ended while starting: ${this.#lastWords(dead.name)}`);
      if (Date.now() > deadline)
        throw new Error(`${what} did not become ready within 2 minutes; see ${this.directory}/logs`);
      await delay(50);
    }
  }

  #lastWords(name: string): string {
    return lastLines(join(this.directory, "logs", `${name}.log`), 3);
  }
}
