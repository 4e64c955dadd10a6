import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiAccess } from "./api-client.ts";
import type { Log } from "./cache.ts";
import { createAuthority, createKeyPair, issueCertificate, type Authority } from "./certificates.ts";
import { auditPolicy, type ControlPlaneLayout } from "./control-plane-arguments.ts";
import type { Daemon } from "./daemon.ts";
import type { FakeNodes } from "./fake-nodes.ts";
import { freePorts } from "./free-ports.ts";
import { controlPlanePackages, ensurePackages } from "./packages.ts";
import { RunningControlPlane } from "./running-control-plane.ts";
import { ensureBinaries } from "./toolchain.ts";

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
  /** Rules of the API server's audit policy. Default: every request, without its body. */
  readonly auditRules?: readonly object[];
  /** "parent" (default): everything ends with this process. "detached": it outlives it. */
  readonly lifetime?: "parent" | "detached";
  /** Cgroup directories that every process joins. */
  readonly cgroups?: readonly string[];
  /** Told of each process as soon as it runs, so that it can be ended also when the start is cut short. */
  readonly onStart?: (daemon: Daemon) => void;
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
  const authority = await issueAll(layout, options.auditRules);
  const plane = new RunningControlPlane({ layout, options, authority, binaries });
  try {
    await plane.start(log);
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** A directory that carries our process id, so that the next one can sweep what a killed process left behind. */
function temporaryDirectory(): string {
  const prefix = "build-medic-control-plane-";
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const owner = Number(name.slice(prefix.length).split("-")[0]);
    if (!existsSync(`/proc/${owner}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const directory = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
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

async function issueAll(
  layout: ControlPlaneLayout,
  auditRules: readonly object[] | undefined,
): Promise<Authority> {
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
    writeFile(join(layout.directory, "audit-policy.json"), JSON.stringify(auditPolicy(auditRules))),
  ]);
  return authority;
}

/** The first address of a range, which the `kubernetes` Service gets: 10.96.0.0/16 → 10.96.0.1. */
function firstAddress(cidr: string): string {
  return cidr.replace(/\.\d+\/\d+$/, ".1");
}
