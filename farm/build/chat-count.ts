import { FarmError } from "./kube.ts";

/** How many messages a chat double has of one build: `GET …/messages` answers `{"messages": […]}` or a bare list. */
export async function countMessages(chatUrl: string, runId: string): Promise<number> {
  try {
    // Below the address that was given, which may have a path of its own.
    const base = chatUrl.endsWith("/") ? chatUrl : `${chatUrl}/`;
    const response = await fetch(new URL("messages", base), { signal: AbortSignal.timeout(5000) });
    const body: unknown = await response.json();
    const list: unknown = Array.isArray(body) ? body : (body as { messages?: unknown }).messages;
    if (response.ok && Array.isArray(list))
      return list.filter((message) => JSON.stringify(message).includes(runId)).length;
    throw new FarmError(
      `--chat-url ${chatUrl}: /messages answers ${response.status} and no list of messages`,
    );
  } catch (error) {
    if (error instanceof FarmError) throw error;
    throw new FarmError(`--chat-url ${chatUrl}: nobody answers there`, { cause: error });
  }
}
