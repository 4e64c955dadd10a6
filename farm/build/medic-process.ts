import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { IncidentResource } from "../../src/core/contract.ts";
import { medicFolder } from "./farm-folder.ts";
import { takeLock } from "./file-lock.ts";
import { freePorts } from "../cluster/free-ports.ts";
import { FarmError, failureOf } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { runCommand } from "./command.ts";
import { answersHealth, answersReady } from "./medic-address.ts";
import { OUT, ROOT, readJson, writeJson } from "./out-folder.ts";
import { isAlive, ownerOf, thisOwner } from "./owner.ts";
import type { Owner } from "./owner.ts";
import { poll } from "./sleep.ts";

/** The medic that looks after a build. */
export interface MedicHandle {
  readonly url: string;
  /** True when this call started it. */
  readonly started: boolean;
  /** Where its log goes; absent for a medic that somebody else runs. */
  readonly log?: string;
  /** This build needs it no longer: ends it when builds started it and no other build needs it. */
  leave(): Promise<void>;
}

export interface MedicRequest {
  readonly kube: Kube;
  readonly runId: string;
  readonly clusterUid: string;
  /** Set in the medic's environment; `undefined` takes a variable out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: (line: string) => void;
}

/** The medic that builds started, as it stands on disk. */
interface SharedMedic {
  readonly owner: Owner;
  readonly url: string;
  readonly clusterUid: string;
  readonly log: string;
}

const DEFAULT_PORT = 8080;
const BIN = path.join(ROOT, "bin", "build-medic.js");
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;

/**
 * Sees to it that exactly one medic watches the cluster: one that already runs (on this machine's port, or started by
 * another build), else a `build-medic run` of our own, which ends when the last build leaves it.
 */
export async function joinMedic(request: MedicRequest): Promise<MedicHandle> {
  return locked(async () => {
    const shared = await sharedMedic(request.clusterUid);
    if (shared) return join(request, shared, false);
    const other = usualUrl();
    if (await answersHealth(other)) return { url: other, started: false, leave: () => Promise.resolve() };
    return join(request, await startMedic(request), true);
  });
}

async function join(request: MedicRequest, shared: SharedMedic, started: boolean): Promise<MedicHandle> {
  await writeJson(userPath(request.runId), await thisOwner());
  return { url: shared.url, log: shared.log, started, leave: () => locked(() => leave(request.runId)) };
}

async function leave(runId: string): Promise<void> {
  await rm(userPath(runId), { force: true });
  if ((await livingUsers()) > 0) return;
  const shared = await readJson<SharedMedic>(sharedPath());
  if (shared) await stopMedic(shared.owner);
  await rm(sharedPath(), { force: true });
}

/** Builds that died without leaving do not count. */
async function livingUsers(): Promise<number> {
  const folder = path.join(medicFolder(), "users");
  const names = await readdir(folder).catch(() => []);
  const owners = await Promise.all(names.map((name) => readJson<Owner>(path.join(folder, name))));
  const alive = await Promise.all(owners.map(async (owner) => owner !== undefined && (await isAlive(owner))));
  await Promise.all(
    names.filter((_, index) => !alive[index]).map((name) => rm(path.join(folder, name), { force: true })),
  );
  return alive.filter(Boolean).length;
}

async function sharedMedic(clusterUid: string): Promise<SharedMedic | undefined> {
  const shared = await readJson<SharedMedic>(sharedPath());
  if (!shared || !(await isAlive(shared.owner))) return undefined;
  if (shared.clusterUid === clusterUid && (await answersHealth(shared.url))) return shared;
  if (shared.clusterUid === clusterUid || (await livingUsers()) === 0) {
    await stopMedic(shared.owner);
    return undefined;
  }
  throw new FarmError(
    `a medic that builds started looks after another cluster (${shared.url}); wait for its builds`,
  );
}

async function startMedic(request: MedicRequest): Promise<SharedMedic> {
  await prepareCluster(request);
  const port = Number(process.env["MEDIC_PORT"] ?? (await freePorts("127.0.0.1", [DEFAULT_PORT]))[0]);
  const log = path.join(OUT, "medic", `${request.runId}.log`);
  mkdirSync(path.dirname(log), { recursive: true });
  const file = openSync(log, "a");
  // Its own process group: a Ctrl-C ends the build, and the build's clean-up ends the medic.
  const child = spawn(process.execPath, [BIN, "run"], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", file, file],
    env: {
      MEDIC_STATE_DIR: path.join(OUT, "medic", "state"),
      MEDIC_ACCEPT_EXCESS_RIGHTS: "true",
      ...process.env,
      ...request.env,
      KUBECONFIG: request.kube.kubeconfig,
      MEDIC_PORT: String(port),
    },
  });
  closeSync(file);
  child.unref();
  const url = `http://127.0.0.1:${port}`;
  if (child.pid === undefined) throw new FarmError("the medic could not be started");
  const shared = { owner: await ownerOf(child.pid), url, clusterUid: request.clusterUid, log };
  const healthy = await poll(
    async () => ((await answersReady(url)) ? "yes" : (await isAlive(shared.owner)) ? undefined : "dead"),
    { everyMs: 200, forMs: START_LIMIT_MS },
  );
  if (healthy !== "yes") {
    await stopMedic(shared.owner);
    throw new FarmError(`the medic did not start: see ${path.relative(ROOT, log)}`);
  }
  await writeJson(sharedPath(), shared);
  return shared;
}

/** What a medic expects to find: its resource definition and its namespace. */
async function prepareCluster({ kube, report }: MedicRequest): Promise<void> {
  report("starting the medic");
  const crds = await runCommand(process.execPath, [BIN, "crds"], { timeoutSeconds: 30 });
  if (crds.code !== 0) throw new FarmError(`print the medic's resource definition: ${failureOf(crds)}`);
  await kube.ask("apply the medic's resource definition", ["apply", "-f", "-"], { input: crds.stdout });
  const definition = `crd/${IncidentResource.plural}.${IncidentResource.group}`;
  await kube.ask("wait for the medic's resource definition", [
    "wait",
    "--for=condition=Established",
    definition,
  ]);
  const name = process.env["MEDIC_NAMESPACE"] ?? "build-medic";
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await kube.ask(`create namespace ${name}`, ["apply", "-f", "-"], { input: JSON.stringify(namespace) });
}

async function stopMedic(owner: Owner): Promise<void> {
  if (!(await isAlive(owner))) return;
  process.kill(owner.pid, "SIGTERM");
  const gone = await poll(async () => ((await isAlive(owner)) ? undefined : true), {
    everyMs: 100,
    forMs: STOP_LIMIT_MS,
  });
  if (!gone && (await isAlive(owner))) process.kill(owner.pid, "SIGKILL");
}

async function locked<T>(work: () => Promise<T>): Promise<T> {
  const release = await takeLock(path.join(medicFolder(), "medic.lock"));
  try {
    return await work();
  } finally {
    await release();
  }
}

function usualUrl(): string {
  return `http://127.0.0.1:${process.env["MEDIC_PORT"] ?? DEFAULT_PORT}`;
}

function sharedPath(): string {
  return path.join(medicFolder(), "medic.json");
}

function userPath(runId: string): string {
  return path.join(medicFolder(), "users", `${runId}.json`);
}
