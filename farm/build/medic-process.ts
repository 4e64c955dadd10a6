import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { IncidentResource } from "../../src/core/contract.ts";
import { freePorts } from "../cluster/free-ports.ts";
import { runCommand } from "./command.ts";
import type { Model } from "./expectations.ts";
import { medicFolder } from "./farm-folder.ts";
import { FarmError, failureOf } from "./kube.ts";
import type { Kube } from "./kube.ts";
import { answersHealth, answersReady } from "./medic-address.ts";
import { withoutModel } from "./model.ts";
import { OUT, ROOT, readJson, writeJson } from "./out-folder.ts";
import { isAlive, ownerOf, thisOwner } from "./owner.ts";
import type { Owner } from "./owner.ts";
import { rehearsalFailures, startRehearsalProcess } from "./rehearsal-process.ts";
import type { RehearsalProcess } from "./rehearsal-process.ts";
import {
  endSharedMedic,
  readSharedMedic,
  saveSharedMedic,
  sharedMedicPath,
  withMedicLock,
} from "./shared-medic.ts";
import type { SharedMedic } from "./shared-medic.ts";
import { poll } from "./sleep.ts";
import { tierTwoName } from "./tier-two.ts";

/** The medic that looks after a build. */
export interface MedicHandle {
  readonly url: string;
  /** True when this call started it. */
  readonly started: boolean;
  /** Where its log goes; absent for a medic that somebody else runs. */
  readonly log?: string;
  /** What its tier 2 is; absent for a medic that somebody else runs. */
  readonly model?: Model;
  /** Where its transcripts go; absent for a medic that somebody else runs. */
  readonly stateDir?: string;
  /** What went wrong in its rehearsal for the stacks of one namespace, a sentence each. */
  rehearsalFailures(namespace: string): Promise<readonly string[]>;
  /** This build needs it no longer: ends it when builds started it and no other build needs it. */
  leave(): Promise<void>;
}

export interface MedicRequest {
  readonly kube: Kube;
  readonly runId: string;
  readonly clusterUid: string;
  /** What its tier 2 is to be. */
  readonly model: Model;
  readonly report: (line: string) => void;
}

const DEFAULT_PORT = 8080;
const BIN = path.join(ROOT, "bin", "build-medic.js");
const START_LIMIT_MS = 30_000;

/**
 * Sees to it that exactly one medic watches the cluster: one that already runs (on this machine's port, or started by
 * another build), else a `build-medic run` of our own, which ends when the last build leaves it.
 */
export async function joinMedic(request: MedicRequest): Promise<MedicHandle> {
  return withMedicLock(async () => {
    const shared = await usableMedic(request);
    if (shared) return join(request, shared, false);
    const other = usualUrl();
    if (await answersHealth(other)) {
      request.report(`somebody else runs the medic at ${other}: what its tier 2 is, is theirs to say`);
      return foreign(other);
    }
    return join(request, await startMedic(request), true);
  });
}

async function join(request: MedicRequest, shared: SharedMedic, started: boolean): Promise<MedicHandle> {
  await writeJson(userPath(request.runId), await thisOwner());
  const { url, log, model, rehearsal } = shared;
  return {
    url,
    log,
    model,
    started,
    stateDir: stateDir(),
    rehearsalFailures: async (namespace) =>
      rehearsal === undefined ? [] : rehearsalFailures(rehearsal, namespace),
    leave: () => withMedicLock(() => leave(request.runId)),
  };
}

function foreign(url: string): MedicHandle {
  return {
    url,
    started: false,
    rehearsalFailures: () => Promise.resolve([]),
    leave: () => Promise.resolve(),
  };
}

async function leave(runId: string): Promise<void> {
  await rm(userPath(runId), { force: true });
  if ((await livingUsers()) === 0) await endSharedMedic();
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

/** The medic of other builds, when it looks after this cluster with this tier 2; one that nobody uses is ended. */
async function usableMedic({ clusterUid, model }: MedicRequest): Promise<SharedMedic | undefined> {
  const shared = await readSharedMedic();
  if (!shared) return undefined;
  const well =
    (await isAlive(shared.owner)) && (await answersHealth(shared.url)) && (await isPlaying(shared));
  const ours = shared.clusterUid === clusterUid;
  if (well && ours && shared.model === model) return shared;
  if ((well || !ours) && (await isAlive(shared.owner)) && (await livingUsers()) > 0) {
    const what = ours ? `has ${tierTwoName(shared.model)} as tier 2` : "looks after another cluster";
    throw new FarmError(`a medic that builds started ${what} (${shared.url}); wait for its builds`);
  }
  await endSharedMedic();
  return undefined;
}

async function isPlaying({ rehearsal }: SharedMedic): Promise<boolean> {
  return rehearsal === undefined || isAlive(rehearsal.owner);
}

async function startMedic(request: MedicRequest): Promise<SharedMedic> {
  await prepareCluster(request);
  const rehearsal = request.model === "rehearsal" ? await openRehearsal(request) : undefined;
  const port = Number(process.env["MEDIC_PORT"] ?? (await freePorts("127.0.0.1", [DEFAULT_PORT]))[0]);
  const log = path.join(OUT, "medic", `${request.runId}.log`);
  const pid = spawnMedic({ request, rehearsal, port, log });
  const url = `http://127.0.0.1:${port}`;
  const { clusterUid, model } = request;
  const shared = { owner: await ownerOf(pid), url, clusterUid, log, model, ...(rehearsal && { rehearsal }) };
  // From here on whoever comes next can end both, also when this process is killed.
  await saveSharedMedic(shared);
  const healthy = await poll(
    async () => ((await answersReady(url)) ? "yes" : (await isAlive(shared.owner)) ? undefined : "dead"),
    { everyMs: 200, forMs: START_LIMIT_MS },
  );
  if (healthy !== "yes") {
    await endSharedMedic();
    throw new FarmError(`the medic did not start: see ${path.relative(ROOT, log)}`);
  }
  return shared;
}

async function openRehearsal({ runId, report }: MedicRequest): Promise<RehearsalProcess> {
  const rehearsal = await startRehearsalProcess({
    address: path.join(medicFolder(), "rehearsal.json"),
    medicFile: sharedMedicPath(),
    log: path.join(OUT, "medic", `${runId}.rehearsal.log`),
  });
  report(`tier 2 is the rehearsal (recorded turns, no model): ${rehearsal.statusUrl}`);
  return rehearsal;
}

interface Launch {
  readonly request: MedicRequest;
  readonly rehearsal: RehearsalProcess | undefined;
  readonly port: number;
  readonly log: string;
}

/** @returns the number of its process. */
function spawnMedic({ request, rehearsal, port, log }: Launch): number {
  mkdirSync(path.dirname(log), { recursive: true });
  const file = openSync(log, "a");
  // Its own process group: a Ctrl-C ends the build, and the build's clean-up ends the medic.
  const child = spawn(process.execPath, [BIN, "run"], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", file, file],
    env: {
      MEDIC_STATE_DIR: stateDir(),
      MEDIC_ACCEPT_EXCESS_RIGHTS: "true",
      // The demo shows it; a medic of one's own has it off.
      MEDIC_ALLOW_NODE_PATCH: "true",
      ...process.env,
      ...(request.model === "real" ? {} : withoutModel()),
      ...rehearsal?.environment,
      KUBECONFIG: request.kube.kubeconfig,
      MEDIC_PORT: String(port),
    },
  });
  closeSync(file);
  child.unref();
  if (child.pid === undefined) throw new FarmError("the medic could not be started");
  return child.pid;
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

/** Where a medic that builds start keeps its audit log and its episodes. */
export function stateDir(): string {
  return path.resolve(ROOT, process.env["MEDIC_STATE_DIR"] ?? path.join(OUT, "medic", "state"));
}

/** Where a medic that somebody else runs would be: `MEDIC_URL`, for one in the cluster, else this machine's port. */
export function usualUrl(): string {
  const named = process.env["MEDIC_URL"];
  if (named !== undefined && named !== "") return named.replace(/\/+$/, "");
  return `http://127.0.0.1:${process.env["MEDIC_PORT"] ?? DEFAULT_PORT}`;
}

function userPath(runId: string): string {
  return path.join(medicFolder(), "users", `${runId}.json`);
}
