import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** One request as the API server recorded it; times in epoch milliseconds, to the microsecond. */
export interface AuditedRequest {
  readonly verb: string;
  /** The first part of the user agent: `build-medic`, `kwok`, `kube-scheduler`. */
  readonly agent: string;
  readonly dryRun: boolean;
  /** `pods`, `pods/status`, `statefulsets`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  readonly receivedAt: number;
  readonly answeredAt: number;
}

interface AuditEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

/**
 * Reads an API server's audit log (JSON lines) and keeps what `keep` takes, in the order in which the server got it (the
 * log has the order of the answers). A last line cut short is left out.
 */
export async function readAudit(
  path: string,
  keep: (request: AuditedRequest) => boolean,
): Promise<readonly AuditedRequest[]> {
  const kept: AuditedRequest[] = [];
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  for await (const line of lines) {
    const request = parseRequest(line);
    if (request !== undefined && keep(request)) kept.push(request);
  }
  return kept.toSorted((left, right) => left.receivedAt - right.receivedAt);
}

export function parseRequest(line: string): AuditedRequest | undefined {
  const event = parse(line);
  if (event === undefined) return undefined;
  const { resource = "", subresource, namespace = "", name = "" } = event.objectRef ?? {};
  return {
    verb: event.verb,
    agent: (event.userAgent ?? "").split("/")[0] ?? "",
    dryRun: /[?&]dryRun=/.test(event.requestURI),
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: event.responseStatus?.code ?? 0,
    receivedAt: microTime(event.requestReceivedTimestamp),
    answeredAt: microTime(event.stageTimestamp),
  };
}

function parse(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

/** `2026-01-02T03:04:05.123456Z` as epoch milliseconds with the microseconds kept, which Date.parse drops. */
function microTime(text: string): number {
  const micros = /\.\d{3}(\d{3})Z$/.exec(text)?.[1] ?? "0";
  return Date.parse(text) + Number(micros) / 1000;
}
