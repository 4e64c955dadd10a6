/** What the page asks of its server. Each rejects with one sentence for people: the server's own where it gives one. */
export interface StartRequest {
  readonly mode: string;
  readonly medic: boolean;
  readonly clients?: string;
  readonly target?: string;
  readonly seed?: string;
}

export interface SessionAnswer {
  readonly needed: boolean;
  readonly open: boolean;
}

export function startBuild(request: StartRequest): Promise<{ readonly id: string }> {
  return ask("/api/v1/builds", request);
}

export function cancelBuild(id: string): Promise<unknown> {
  return ask(`/api/v1/builds/${encodeURIComponent(id)}/cancel`, {});
}

export function readSession(): Promise<SessionAnswer> {
  return ask("/api/v1/session");
}

export function openSession(token: string): Promise<SessionAnswer> {
  return ask("/api/v1/session", { token });
}

export function endSession(): Promise<SessionAnswer> {
  return ask("/api/v1/session/end", {});
}

/** With a body it is a POST, marked as coming from this page. */
async function ask<T>(path: string, body?: unknown): Promise<T> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json", "x-farm-console": "1" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, body === undefined ? {} : post);
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(detailOf(answer) ?? `The console answers ${response.status}.`);
  return answer as T;
}

function detailOf(answer: unknown): string | undefined {
  const known = typeof answer === "object" && answer !== null && "detail" in answer;
  return known && typeof answer.detail === "string" ? answer.detail : undefined;
}
