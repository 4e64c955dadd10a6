import { isJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { isRawObject } from "./object-cache.ts";
import type { RawObject } from "./object-cache.ts";

const pageSize = 500;

export interface ListRequest {
  readonly path: string;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Hands out a collection page by page, all as of one moment; resolves with its resourceVersion. When that moment is
 * compacted away between two pages it begins anew: what was handed out before a `first` page no longer counts.
 */
export async function listPages(
  client: Pick<ApiClient, "request">,
  request: ListRequest,
  onPage: (items: readonly RawObject[], first: boolean) => void,
): Promise<string> {
  let page = await readPage(client, request, { limit: pageSize });
  onPage(page.items, true);
  while (page.next !== undefined) {
    const next = await nextPage(client, request, page.next);
    page = next ?? (await readPage(client, request, {}));
    onPage(page.items, next === undefined);
  }
  return page.version;
}

/** `undefined` when the list can no longer be continued. */
async function nextPage(
  client: Pick<ApiClient, "request">,
  request: ListRequest,
  token: string,
): Promise<Page | undefined> {
  try {
    return await readPage(client, request, { limit: pageSize, continue: token });
  } catch (error) {
    if (error instanceof ApiError && error.status === 410) return undefined;
    throw error;
  }
}

/** The version that the store of a collection has now. */
export async function readVersion(
  client: Pick<ApiClient, "request">,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const everything = { path, labelSelector: undefined, fieldSelector: undefined, signal };
  const { version } = await readPage(client, everything, { limit: 1 });
  return version;
}

interface Page {
  readonly items: readonly RawObject[];
  readonly version: string;
  readonly next: string | undefined;
}

async function readPage(
  client: Pick<ApiClient, "request">,
  { path, labelSelector, fieldSelector, signal }: ListRequest,
  paging: { readonly limit?: number; readonly continue?: string },
): Promise<Page> {
  const answer = await client.request({
    method: "GET",
    path,
    query: { labelSelector, fieldSelector, ...paging },
    signal,
    timeoutMs: 30_000,
  });
  const page = pageIn(answer);
  if (page === undefined) throw new ApiError(`list ${path}: the answer is no list`, { status: 0 });
  return page;
}

function pageIn(answer: unknown): Page | undefined {
  if (!isJsonObject(answer) || !isJsonObject(answer["metadata"])) return undefined;
  const { resourceVersion, continue: next } = answer["metadata"];
  // Go writes an empty list as null for some kinds.
  const items = answer["items"] ?? [];
  if (typeof resourceVersion !== "string" || !Array.isArray(items)) return undefined;
  const named = items.map((item) => withKind(item, answer));
  if (!named.every(isRawObject)) return undefined;
  return {
    items: named,
    version: resourceVersion,
    next: typeof next === "string" && next !== "" ? next : undefined,
  };
}

/** The items of a list lack what the objects of a watch have. */
function withKind(item: unknown, { apiVersion, kind }: JsonObject): unknown {
  if (!isJsonObject(item) || typeof kind !== "string") return item;
  return { apiVersion, kind: kind.replace(/List$/, ""), ...item };
}
