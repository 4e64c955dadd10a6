import { FarmError } from "./kube.ts";

/** How many messages a chat double has taken so far: `GET /messages` answers `{"messages": […]}` or a bare list. */
export async function countMessages(chatUrl: string): Promise<number> {
  try {
    const response = await fetch(new URL("/messages", chatUrl), { signal: AbortSignal.timeout(5000) });
    const body: unknown = await response.json();
    const list: unknown = Array.isArray(body) ? body : (body as { messages?: unknown }).messages;
    if (response.ok && Array.isArray(list)) return list.length;
    throw new FarmError(
      `--chat-url ${chatUrl}: /messages answers ${response.status} and no list of messages`,
    );
  } catch (error) {
    if (error instanceof FarmError) throw error;
    throw new FarmError(`--chat-url ${chatUrl}: nobody answers there`, { cause: error });
  }
}
