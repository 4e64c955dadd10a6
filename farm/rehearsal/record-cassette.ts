import { stringify } from "yaml";
import { TOOL_NAMES } from "./cassette.ts";
import { readConversation } from "./conversation.ts";
import type { Answer } from "./conversation.ts";
import type { ModelRequestBody } from "./messages-api.ts";
import type { Values } from "./template.ts";

/** Where a transcript comes from. */
export interface Recording {
  readonly name: string;
  /** The medic's reason for the episode: what chooses the cassette later. */
  readonly reason: string;
  /** The fields of the task prompt, which become placeholders. */
  readonly values: Values;
}

type Message = ModelRequestBody["messages"][number];
type SentBlock = Exclude<Message["content"], string>[number];

const HEADER = ` Recorded from an episode, turns as they came. What each turn needs is only the first line of each answer before
 it, with numbers left open: say instead what the turn really rests on. See docs/rehearsal.md.`;

/**
 * Writes a cassette from the transcript of an episode: messages of the SDK, one JSON a line. Throws when there is no
 * turn of a model in it.
 */
export function cassetteOf(transcript: string, recording: Recording): string {
  const messages = messagesOf(transcript);
  const spoken = turnsOf(messages);
  if (spoken.length === 0) throw new Error("the transcript has no turn of a model");
  const { turns } = readConversation({ messages });
  const { name, reason, values } = recording;
  const cassette = {
    name,
    about: `Recorded from an episode on ${reason}.`,
    when: [reason],
    turns: spoken.map((blocks, index) => ({
      needs: (turns[index - 1] ?? []).flatMap((answer) => factOf(answer, values)),
      say: textOf(blocks, values),
      calls: blocks.flatMap((block) => callOf(block, values)),
    })),
  };
  return `#${HEADER.replaceAll("\n", "\n#")}\n${stringify(cassette, { lineWidth: 110 })}`;
}

/** The model's and the tools' messages. What the SDK words itself, as for an error of the API, is neither. */
function messagesOf(transcript: string): Message[] {
  return transcript
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as { type?: string; message?: Partial<Message> & { model?: string } })
    .filter(({ message }) => message?.model !== "<synthetic>")
    .flatMap(({ type, message }) =>
      (type === "assistant" || type === "user") && message?.content !== undefined
        ? [{ role: type, content: message.content }]
        : [],
    );
}

function turnsOf(messages: readonly Message[]): SentBlock[][] {
  const turns: SentBlock[][] = [];
  let last: Message["role"] | undefined;
  for (const { role, content } of messages) {
    if (role === "assistant") {
      if (last !== "assistant") turns.push([]);
      turns.at(-1)?.push(...(typeof content === "string" ? [{ type: "text", text: content }] : content));
    }
    last = role;
  }
  return turns;
}

function textOf(blocks: readonly SentBlock[], values: Values): string {
  const texts = blocks.flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []));
  return withPlaceholders(texts.join("\n"), values) || "(nothing)";
}

function callOf(block: SentBlock, values: Values): object[] {
  const tool = toolOf(block.name ?? "");
  if (block.type !== "tool_use" || tool === undefined) return [];
  const args = Object.entries((block.input ?? {}) as Readonly<Record<string, unknown>>).map(
    ([name, value]) => [name, typeof value === "string" ? withPlaceholders(value, values) : value] as const,
  );
  return [{ tool, args: Object.fromEntries(args) }];
}

function toolOf(name: string): string | undefined {
  return TOOL_NAMES.find((tool) => name === tool || name.endsWith(`__${tool}`));
}

function factOf({ tool, args, text, failed }: Answer, values: Values): object[] {
  const line = text.split("\n").find((one) => one.trim() !== "");
  if (toolOf(tool) === undefined || line === undefined) return [];
  const escaped = line.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const escapedValues = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value.replaceAll(".", "\\.")]),
  );
  return [
    {
      fact: `what ${tool} answered when this was recorded`,
      in: tool,
      ...(typeof args["pod"] === "string" ? { of: { pod: withPlaceholders(args["pod"], values) } } : {}),
      has: withPlaceholders(escaped, escapedValues).replaceAll(/\d+/g, String.raw`\d+`),
      ...(failed ? { failed } : {}),
    },
  ];
}

/** The longest value first: the pod's name begins with its StatefulSet's. One letter or digit is no name. */
function withPlaceholders(text: string, values: Values): string {
  return Object.entries(values)
    .filter(([, value]) => value.length > 1)
    .toSorted(([, left], [, right]) => right.length - left.length)
    .reduce((filled, [name, value]) => filled.replaceAll(value, `{{${name}}}`), text);
}
