import type { ModelRequestBody } from "./messages-api.ts";

/** The answer to one call, with what was called. */
export interface Answer {
  /** Short name: get_nodes. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly failed: boolean;
}

/** An episode as a request tells it. */
export interface Conversation {
  /** The task, without what the SDK puts before it. */
  readonly prompt: string;
  /** The answers to each turn of the model so far. */
  readonly turns: readonly (readonly Answer[])[];
}

type Message = ModelRequestBody["messages"][number];
type SentBlock = Exclude<Message["content"], string>[number];

/**
 * Reads an episode out of the request alone: several at once, retries and new connections make no difference. Messages
 * of one side in a row are one turn.
 */
export function readConversation(body: Pick<ModelRequestBody, "messages">): Conversation {
  const runs = runsOf(body.messages);
  const first = runs[0]?.role === "user" ? runs[0] : undefined;
  const turns: Answer[][] = [];
  let calls = new Map<string, SentBlock>();
  for (const { role, blocks } of runs.slice(first === undefined ? 0 : 1)) {
    if (role === "assistant") {
      calls = new Map(blocks.filter(({ type }) => type === "tool_use").map((block) => [idOf(block), block]));
      turns.push([]);
    } else {
      turns.at(-1)?.push(...blocks.filter(isResult).map((block) => answerOf(block, calls)));
    }
  }
  return { prompt: promptOf(first?.blocks ?? []), turns };
}

interface Run {
  readonly role: Message["role"];
  readonly blocks: SentBlock[];
}

function runsOf(messages: readonly Message[]): Run[] {
  const runs: Run[] = [];
  for (const { role, content } of messages) {
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const last = runs.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else runs.push({ role, blocks: [...blocks] });
  }
  return runs;
}

function isResult({ type }: SentBlock): boolean {
  return type === "tool_result";
}

function idOf(block: SentBlock): string {
  return "id" in block && typeof block.id === "string" ? block.id : "";
}

function answerOf(block: SentBlock, calls: ReadonlyMap<string, SentBlock>): Answer {
  const call = calls.get(block.tool_use_id ?? "");
  const args = call?.input;
  return {
    tool: (call?.name ?? "").replace(/^mcp__[a-z0-9]+__/i, ""),
    args: typeof args === "object" && args !== null ? { ...args } : {},
    text: textOf(block.content ?? ""),
    failed: block.is_error === true,
  };
}

function promptOf(blocks: readonly SentBlock[]): string {
  return blocks
    .map(({ text = "" }) => text.replace(/^\s*(?:<system-reminder>[^]*?<\/system-reminder>\s*)+/, ""))
    .filter((text) => text.trim() !== "")
    .join("\n");
}

function textOf(content: string | readonly SentBlock[]): string {
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("\n");
}
