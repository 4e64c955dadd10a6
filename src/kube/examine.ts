import { nodeTermsOf } from "../core/node-fit.ts";
import { isJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import type { ClaimState, NodeState, RevisionState, Snapshot } from "../core/snapshot.ts";
import type { Call, LogRequest } from "../controllers/ports.ts";
import { ApiError, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { podPath } from "./execute.ts";
import { millisOf, numberOf, objects, record, text, textOf } from "./raw.ts";
import { optional, slimNode } from "./slim.ts";

/** Of one answer's log: more than a tool shows, so that a cut falls where the tool wants it. */
const LOG_BYTES = 64 * 1024;

/** The snapshot with what only a close look needs: nodes as they are now, claims with their volumes, earlier revisions. */
export async function examine(client: ApiClient, snapshot: Snapshot, call: Call): Promise<Snapshot> {
  const [nodes, claims, revisions] = await Promise.all([
    list(client, "/api/v1/nodes", call),
    readClaims(client, snapshot, call),
    readRevisions(client, snapshot, call),
  ]);
  return {
    ...snapshot,
    nodes: nodes.flatMap((raw): readonly NodeState[] => {
      const node = slimNode(raw);
      return node === undefined ? [] : [node];
    }),
    claims,
    revisions,
  };
}

/** The last lines of a container's log, at most 64 KiB of them. */
export async function readLogs(
  client: ApiClient,
  { namespace, pod, container, previous, lines }: LogRequest,
  { signal }: Call,
): Promise<string> {
  const query = { container, tailLines: lines, timestamps: true, ...(previous ? { previous } : {}) };
  const answer = await client.getText({
    path: `${podPath(namespace, pod)}/log`,
    query,
    signal,
    maxBytes: LOG_BYTES,
  });
  return answer.text;
}

async function readRevisions(
  client: ApiClient,
  { namespace, statefulSets }: Snapshot,
  call: Call,
): Promise<readonly RevisionState[]> {
  const uids = new Set(statefulSets.map(({ uid }) => uid));
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace.name)}/controllerrevisions`;
  const found = await list(client, path, call);
  return found.flatMap((raw) => {
    const metadata = record(raw["metadata"]);
    const owner = objects(metadata["ownerReferences"]).find(({ uid }) => uids.has(textOf(uid)));
    const template = record(record(raw["data"])["spec"])["template"];
    if (owner === undefined || !isJsonObject(template)) return [];
    // The patch that a ControllerRevision holds says `$patch: replace` beside the template's own members.
    const { $patch: _, ...plain } = template;
    return [
      {
        name: textOf(metadata["name"]),
        statefulSetUid: textOf(owner["uid"]),
        number: numberOf(raw["revision"]),
        createdAt: millisOf(metadata["creationTimestamp"]),
        template: plain,
      },
    ];
  });
}

/** Claims of the stack's pods with their volumes. An account that may not read them gets the server's word for it. */
async function readClaims(
  client: ApiClient,
  { namespace, statefulSets, pods }: Snapshot,
  call: Call,
): Promise<readonly ClaimState[] | string> {
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace.name)}/persistentvolumeclaims`;
  try {
    const all = await list(client, base, call);
    const own = all.filter((raw) => {
      const name = textOf(record(raw["metadata"])["name"]);
      const names = [...pods.map((pod) => pod.name), ...statefulSets.map((set) => `${set.name}-0`)];
      return names.some((pod) => name.endsWith(`-${pod}`));
    });
    if (own.length === 0) return [];
    const attachments = await list(client, "/apis/storage.k8s.io/v1/volumeattachments", call);
    return await Promise.all(own.map((raw) => claimOf(client, raw, attachments, call)));
  } catch (error) {
    if (error instanceof ApiError && !error.retriable) return error.message;
    throw error;
  }
}

async function claimOf(
  client: ApiClient,
  raw: JsonObject,
  attachments: readonly JsonObject[],
  { signal }: Call,
): Promise<ClaimState> {
  const spec = record(raw["spec"]);
  const volume = text(spec["volumeName"]);
  const path = `/api/v1/persistentvolumes/${encodeURIComponent(volume ?? "")}`;
  const found =
    volume === undefined
      ? undefined
      : await client.request<JsonObject>({ method: "GET", path, signal }).catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
  const required = record(record(record(found?.["spec"])["nodeAffinity"])["required"]);
  return {
    name: textOf(record(raw["metadata"])["name"]),
    phase: textOf(record(raw["status"])["phase"]),
    ...optional("storageClass", text(spec["storageClassName"])),
    ...optional("volume", volume),
    attachments: attachments.filter((attachment) => isOf(attachment, volume)).map(attachmentLine),
    nodeTerms: nodeTermsOf(required["nodeSelectorTerms"]),
  };
}

function isOf(attachment: JsonObject, volume: string | undefined): boolean {
  const source = record(record(attachment["spec"])["source"]);
  return volume !== undefined && source["persistentVolumeName"] === volume;
}

function attachmentLine(attachment: JsonObject): string {
  const node = textOf(record(attachment["spec"])["nodeName"]);
  const status = record(attachment["status"]);
  const problem =
    text(record(status["attachError"])["message"]) ?? text(record(status["detachError"])["message"]);
  const state = status["attached"] === true ? "attached" : "not attached";
  return `${node}: ${state}${problem === undefined ? "" : ` (${problem})`}`;
}

async function list(client: ApiClient, path: string, { signal }: Call): Promise<readonly JsonObject[]> {
  const answer = await client.request<{ items?: readonly JsonObject[] }>({ method: "GET", path, signal });
  return objects(answer.items);
}
