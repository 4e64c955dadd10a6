import type { SDKAssistantMessage, SDKMessage, SDKResultMessage } from "@anthropic-ai/claude-agent-sdk";
import { bytesPerToken, usdPerToken } from "./worst-case.ts";

/** What an episode used. */
interface Used {
  readonly turns: number;
  readonly tokens: number;
  readonly costUsd: number;
}

/** Follows an episode's messages, so that what it used and last said is known however it ends. */
export interface EpisodeAccount {
  see(message: SDKMessage): void;
  /** Whether the process is up; before that there is nothing to lose by killing it. */
  readonly began: boolean;
  readonly result: SDKResultMessage | undefined;
  readonly lastText: string;
  used(): Used;
}

interface Answer {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  bytes: number;
}

/** An account that begins at nothing. */
export function createEpisodeAccount(): EpisodeAccount {
  const answers = new Map<string, Answer>();
  let result: SDKResultMessage | undefined;
  let began = false;
  let lastText = "";
  return {
    see(message) {
      began = true;
      if (message.type === "result") result = message;
      if (message.type !== "assistant" || isSynthetic(message)) return;
      const { id } = message.message;
      answers.set(id, added(answers.get(id), message));
      const text = textIn(message);
      if (text !== "") lastText = text;
    },
    get began() {
      return began;
    },
    get result() {
      return result;
    },
    get lastText() {
      return lastText;
    },
    used: () => (result === undefined ? seen([...answers.values()]) : byResult(result, answers.size)),
  };
}

/** The agent's process words an API failure as if the model had said it. */
function isSynthetic(message: SDKAssistantMessage): boolean {
  return message.error !== undefined || message.message.model === "<synthetic>";
}

/** The blocks of one answer come in a message each, with the usage as far as it is known then. */
function added(before: Answer | undefined, { message }: SDKAssistantMessage): Answer {
  const { usage } = message;
  return {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
    bytes: (before?.bytes ?? 0) + Buffer.byteLength(JSON.stringify(message.content)),
  };
}

function textIn({ message }: SDKAssistantMessage): string {
  return message.content
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n")
    .trim();
}

/** Without a result: by the answers that came. Their output is reported only at the end, so bytes stand in for it. */
function seen(answers: readonly Answer[]): Used {
  let tokens = 0;
  let costUsd = 0;
  for (const { input, output, cacheRead, cacheWrite, bytes } of answers) {
    const written = Math.max(output, Math.ceil(bytes / bytesPerToken));
    tokens += input + cacheRead + cacheWrite + written;
    costUsd +=
      input * usdPerToken.input +
      written * usdPerToken.output +
      cacheRead * usdPerToken.cacheRead +
      cacheWrite * usdPerToken.cacheWrite;
  }
  return { turns: answers.length, tokens, costUsd };
}

/**
 * `usage` is empty when the budget ended the episode; the totals by model never are. `num_turns` counts the results of
 * tools rather than requests (five calls in one answer are five), so turns are the answers that were seen.
 */
function byResult(result: SDKResultMessage, answered: number): Used {
  const tokens = Object.values(result.modelUsage)
    .map((of) => of.inputTokens + of.outputTokens + of.cacheReadInputTokens + of.cacheCreationInputTokens)
    .reduce((sum, of) => sum + of, 0);
  return { turns: answered, tokens, costUsd: result.total_cost_usd };
}
