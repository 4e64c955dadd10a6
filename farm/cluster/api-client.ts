import { request } from "node:https";

/** How to reach an API server as one user. */
export type ApiAccess = {
  readonly server: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
};

export type ApiResponse = { readonly status: number; readonly body: unknown };

/**
 * One request to the API server, for the few calls that bring a cluster up; answers of every status are returned.
 * Rejects when there is no answer within `timeoutMs`.
 */
export function callApi(
  access: ApiAccess,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly contentType?: string; readonly timeoutMs?: number } = {},
): Promise<ApiResponse> {
  const text = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, access.server),
      {
        method,
        ca: access.ca,
        ...(access.cert === undefined ? {} : { cert: access.cert }),
        ...(access.key === undefined ? {} : { key: access.key }),
        agent: false,
        timeout: options.timeoutMs ?? 10_000,
        headers: {
          "content-type": options.contentType ?? "application/json",
          "content-length": Buffer.byteLength(text ?? ""),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString("utf8")) }),
        );
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer in time`)));
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

/** Creates an object; one that exists already is left as it is. Throws what the server said otherwise. */
export async function createObject(access: ApiAccess, path: string, body: unknown): Promise<void> {
  const answer = await callApi(access, "POST", path, { body });
  if (answer.status < 300 || answer.status === 409) return;
  throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
