import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { isJsonObject } from "../../src/core/json.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";

/** As the API server knows the medics. */
export const MEDIC_USER = "system:serviceaccount:build-medic:build-medic";

/** What the API server's audit log is to hold: what the medics write, with the bodies, and nothing of anybody else. */
export const auditRules: readonly object[] = [
  { level: "None", users: [MEDIC_USER], verbs: ["get", "list", "watch"] },
  { level: "RequestResponse", users: [MEDIC_USER] },
  { level: "None" },
];

/** One write of a medic that the API server carried out. */
export interface Write {
  readonly at: number;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** What was sent. */
  readonly sent: unknown;
  /** The object afterwards. */
  readonly object: JsonObject;
}

interface Audited {
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
  readonly responseObject?: Json;
}

/** Everything the medics changed outside their own memory (Incidents, the Lease), oldest first, and how often they tried. */
export async function medicWrites(
  auditLog: string,
): Promise<{ readonly writes: readonly Write[]; readonly refused: number }> {
  const writes: Write[] = [];
  let refused = 0;
  for await (const line of createInterface({ input: createReadStream(auditLog), crlfDelay: Infinity })) {
    const request = JSON.parse(line) as Audited;
    if (isOwnMemory(request) || request.requestURI.includes("dryRun=All")) continue;
    if (tookEffect(request)) writes.push(writeOf(request));
    else refused += 1;
  }
  return { writes: writes.toSorted((left, right) => left.at - right.at), refused };
}

/** Nobody tells what became of a request without a code: it counts as carried out. */
function tookEffect({ responseStatus }: Audited): boolean {
  return (responseStatus?.code ?? 0) < 300;
}

function isOwnMemory({ objectRef }: Audited): boolean {
  const { resource = "", namespace } = objectRef ?? {};
  if (/^selfsubject(access|rules)reviews$/.test(resource)) return true;
  return namespace === "build-medic" && (resource === "incidents" || resource === "leases");
}

function writeOf(request: Audited): Write {
  const { resource = "", subresource, namespace = "", name } = request.objectRef ?? {};
  const object = isJsonObject(request.responseObject) ? request.responseObject : {};
  return {
    at: Date.parse(request.requestReceivedTimestamp),
    verb: request.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name: name ?? nameIn(object),
    sent: request.requestObject,
    object,
  };
}

/** What is made has its name in its body only. */
function nameIn({ metadata }: JsonObject): string {
  return isJsonObject(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : "";
}
