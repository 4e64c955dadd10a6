import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { incidentCrd } from "../../src/kube/incident-crd.ts";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { eventually, read } from "./test-stack.ts";

const main = fileURLToPath(new URL("../../bin/build-medic.js", import.meta.url));

export interface MedicProcess {
  readonly pid: number;
  readonly url: string;
  readonly stateDir: string;
  readonly lines: readonly Record<string, unknown>[];
  /** SIGTERM, or another signal; resolves with the exit code (or the signal) once it has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

export interface MedicOptions {
  readonly kubeconfig: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Kept between two starts; a new one by default. */
  readonly stateDir?: string;
  /** Another entry point with the same command line, e.g. one that dies at a seam. */
  readonly entry?: string;
  /** Resolve without waiting until it watches. */
  readonly early?: true;
}

/** `build-medic run` as its users start it: a process of its own, told everything by the environment. */
export async function startMedic(options: MedicOptions): Promise<MedicProcess> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "medic-state-")));
  const child = spawn(process.execPath, [options.entry ?? main, "run"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      KUBECONFIG: options.kubeconfig,
      MEDIC_STATE_DIR: stateDir,
      MEDIC_PORT: "0",
      MEDIC_ACCEPT_EXCESS_RIGHTS: "true",
      MEDIC_DEBOUNCE_SECONDS: "2",
      MEDIC_VERIFY_SECONDS: "1",
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Record<string, unknown>[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const watching = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const parsed = parseLine(line);
      lines.push(parsed);
      if (parsed["msg"] === "watching") resolve();
    });
    ended.then(
      (code) =>
        reject(new Error(`the medic ended with ${code}: ${errors}${JSON.stringify(lines.slice(-3))}`)),
      reject,
    );
  });
  watching.catch(() => {});
  if (!options.early) await watching;
  const listening = lines.find((line) => line["msg"] === "listening");
  assert.ok(child.pid);
  return {
    pid: child.pid,
    url: (listening?.["url"] ?? "") as string,
    stateDir,
    lines,
    ended,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const code = await ended;
      if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
      return code;
    },
  };
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { unparsed: line };
  }
}

/** What a user does before the first start: the CRD and the medic's namespace. */
export async function installMedic(admin: ApiAccess): Promise<void> {
  await callApi(admin, "POST", "/api/v1/namespaces", { body: { metadata: { name: "build-medic" } } });
  const answer = await callApi(admin, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    body: incidentCrd,
  });
  assert.ok(answer.status < 300 || answer.status === 409, JSON.stringify(answer.body));
  await eventually("the API server serves Incidents", () => read(admin, incidentsPath));
}

export const incidentsPath = "/apis/buildmedic.dev/v1alpha1/namespaces/build-medic/incidents";

export interface StoredIncident {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, string>>;
  readonly status: {
    readonly phase: string;
    readonly reason: string;
    readonly rootCause: string;
    readonly attempts?: readonly { action: string; target: string; outcome: string }[];
    readonly findings?: readonly { reason: string }[];
    readonly escalation?: { messageId: string; channel?: string; sentAt?: string };
  };
}

/** The incidents of one build's namespace, asked of the API server. */
export async function incidentsOf(admin: ApiAccess, namespace: string): Promise<readonly StoredIncident[]> {
  const list = (await read(admin, incidentsPath)) as { items: StoredIncident[] } | undefined;
  return (list?.items ?? []).filter(({ spec }) => spec["namespace"] === namespace);
}

/** One request in the API server's audit log. */
export interface AuditedRequest {
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly objectRef?: { resource: string; namespace?: string; name?: string; subresource?: string };
  readonly responseStatus?: { code: number };
}

/**
 * Everything the medic changed in a namespace, by the API server's own audit log (`from` so many bytes on): dry runs change
 * nothing, Events only say.
 */
export async function medicWrites(
  auditLog: string,
  namespace: string,
  from = 0,
): Promise<readonly AuditedRequest[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(auditLog, { start: from })) chunks.push(chunk as Buffer);
  const requests = Buffer.concat(chunks)
    .toString("utf8")
    .split("\n")
    // Of a farm's log most lines are about others.
    .filter((line) => line.includes(`"${namespace}"`))
    .map((line) => JSON.parse(line) as AuditedRequest);
  return requests.filter(
    ({ verb, userAgent, requestURI, objectRef, responseStatus }) =>
      userAgent?.startsWith("build-medic/") === true &&
      !["get", "list", "watch"].includes(verb) &&
      objectRef?.namespace === namespace &&
      (responseStatus?.code ?? 0) < 300 &&
      objectRef.resource !== "events" &&
      !requestURI.includes("dryRun=All"),
  );
}
