/** Answers parsed JSON; rejects with one sentence for people: the server's own (RFC 9457) where it gives one. */
export async function fetchJson<T>(
  path: string,
  options: { readonly signal?: AbortSignal; readonly method?: string; readonly body?: unknown } = {},
): Promise<T> {
  const { signal, method = "GET", body } = options;
  const response = await fetch(path, {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(detailOf(answer) ?? `The server answers ${response.status}.`);
  return answer as T;
}

function detailOf(answer: unknown): string | undefined {
  const detail =
    typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : undefined;
  return typeof detail === "string" ? detail : undefined;
}
