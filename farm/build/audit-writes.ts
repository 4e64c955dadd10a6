import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { IncidentResource } from "../../src/core/contract.ts";

/** A request of the audit log that changed something, as far as this matters. */
export interface MedicWrite {
  readonly verb: string;
  /** `statefulsets/server-0` */
  readonly object: string;
  readonly namespace: string;
  readonly at: string;
}

interface AuditEvent {
  readonly stage?: string;
  readonly verb?: string;
  readonly userAgent?: string;
  readonly requestURI?: string;
  readonly requestReceivedTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
}

const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** What the medic keeps its own books with. */
const OWN = new Set(["leases", "events", IncidentResource.plural as string]);
/** Questions that have the form of a write. */
const QUESTIONS = /^(selfsubject|subjectaccess|localsubject|token)/;

/**
 * One line of the API server's audit log as a write by the medic; `undefined` for everybody else's requests, reads, dry
 * runs, refused requests and the medic's own books.
 */
export function medicWrite(line: string): MedicWrite | undefined {
  const event = parse(line);
  if (!event || !isMedic(event) || !changedSomething(event)) return undefined;
  const { verb = "", objectRef: ref = {}, requestReceivedTimestamp: at = "" } = event;
  if (OWN.has(ref.resource ?? "") || QUESTIONS.test(ref.resource ?? "")) return undefined;
  const object = [ref.resource, ref.subresource, ref.name].filter((part) => part !== undefined).join("/");
  return { verb, object, namespace: ref.namespace ?? "", at };
}

function parse(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

function isMedic(event: AuditEvent): boolean {
  return event.userAgent?.startsWith("build-medic/") === true;
}

function changedSomething(event: AuditEvent): boolean {
  if (event.stage !== undefined && event.stage !== "ResponseComplete") return false;
  if (!WRITES.has(event.verb ?? "") || (event.responseStatus?.code ?? 0) >= 400) return false;
  return !/[?&]dryRun=/.test(event.requestURI ?? "");
}

export interface MedicTraffic {
  /** Requests of any kind, at any time: with none, silence about writes would prove nothing. */
  readonly requests: number;
  /** Writes in the span of time. */
  readonly writes: readonly MedicWrite[];
}

/** A build's span of time (ISO 8601) and namespace. */
export interface BuildSpan {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly namespace: string;
}

/**
 * Reads the audit log for what the medic asked the API server, and what it changed while a build went on: in the
 * build's namespace, in the cluster, anywhere but in the namespaces of other builds.
 */
export async function medicTraffic(path: string, build: BuildSpan): Promise<MedicTraffic> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  let requests = 0;
  const writes: MedicWrite[] = [];
  for await (const line of lines) {
    // Most lines are other people's: look before parsing.
    if (!line.includes('"userAgent":"build-medic/')) continue;
    requests += 1;
    const write = medicWrite(line);
    if (write && concerns(write, build)) writes.push(write);
  }
  return { requests, writes };
}

function concerns(write: MedicWrite, build: BuildSpan): boolean {
  if (write.at < build.startedAt || write.at > build.endedAt) return false;
  const ofABuild = write.namespace.startsWith("build-") && write.namespace !== "build-medic";
  return !ofABuild || write.namespace === build.namespace;
}
