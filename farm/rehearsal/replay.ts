import { fullName } from "./cassette.ts";
import type { Cassette, Take } from "./cassette.ts";
import { readConversation } from "./conversation.ts";
import type { Conversation } from "./conversation.ts";
import { promptValues, prove } from "./facts.ts";
import type { Proof } from "./facts.ts";
import type { Block, ModelRequestBody } from "./messages-api.ts";
import { MissingValue, fill, patternOf } from "./template.ts";
import type { Values } from "./template.ts";

/** Which episode a request belongs to. */
export interface Subject {
  readonly namespace: string;
  readonly client: string;
}

/** What the rehearsal answers, or why it cannot. */
export type Played = Subject & {
  readonly cassette: string;
  /** From 1. */
  readonly turn: number;
} & (
    | { readonly kind: "turn"; readonly content: readonly Block[]; readonly ends: boolean }
    | { readonly kind: "lost"; readonly missing: string }
  );

/**
 * Answers one request from the recorded turns. The whole episode is played again from the request's own messages, each
 * turn against the answers that it had, so that nothing has to be remembered between requests.
 */
export function replay(cassettes: readonly Cassette[], body: Pick<ModelRequestBody, "messages">): Played {
  const conversation = readConversation(body);
  const values = promptValues(conversation.prompt);
  const subject = { namespace: values["namespace"] ?? "unknown", client: values["client"] ?? "unknown" };
  const cassette = choose(cassettes, conversation.prompt, values);
  const turn = conversation.turns.length + 1;
  if (cassette === undefined)
    return { kind: "lost", ...subject, cassette: "none", turn, missing: "no cassette fits the task prompt" };
  return { ...subject, cassette: cassette.name, ...playTo(cassette, conversation, values) };
}

/** The cassette whose patterns all match; of several the one with the most, as the most particular. */
function choose(cassettes: readonly Cassette[], prompt: string, values: Values): Cassette | undefined {
  if (values["namespace"] === undefined) return undefined;
  return cassettes
    .filter(({ when }) => when.every((pattern) => matches(pattern, prompt, values)))
    .toSorted((left, right) => right.when.length - left.when.length)[0];
}

/** A field that the prompt does not have is in no pattern's favour. */
function matches(pattern: string, prompt: string, values: Values): boolean {
  try {
    return patternOf(pattern, values).test(prompt);
  } catch (error) {
    if (error instanceof MissingValue) return false;
    throw error;
  }
}

type Step =
  | { readonly kind: "turn"; readonly turn: number; readonly content: Block[]; readonly ends: boolean }
  | { readonly kind: "lost"; readonly turn: number; readonly missing: string };

function playTo(cassette: Cassette, { prompt, turns }: Conversation, start: Values): Step {
  let values = start;
  for (let index = 0; ; index++) {
    const turn = index + 1;
    const takes = cassette.turns[index];
    if (takes === undefined) return { kind: "lost", turn, missing: "no turn is left on it" };
    const answers = turns[index - 1] ?? [];
    const tries = takes.map((take) => ({ take, proof: prove(take, { prompt, answers }, values) }));
    const played = tries.find(({ proof }) => proof.found);
    if (played?.proof.found !== true) return { kind: "lost", turn, missing: missingOf(tries) };
    values = played.proof.values;
    if (index === turns.length) return { turn, ...contentOf(played.take, values) };
  }
}

function missingOf(tries: readonly { readonly take: Take; readonly proof: Proof }[]): string {
  const each = tries.map(({ take, proof }) => {
    const missing = proof.found ? "" : proof.missing;
    return take.name === undefined ? missing : `${missing} (for: ${take.name})`;
  });
  return [...new Set(each)].join("; ");
}

type Content = Pick<Extract<Step, { kind: "turn" }>, "kind" | "content" | "ends">;

function contentOf(
  { say, calls }: Take,
  values: Values,
): Content | { readonly kind: "lost"; readonly missing: string } {
  try {
    const content: Block[] = [
      { type: "text", text: fill(say, values).trim() },
      ...calls.map(({ tool, args }) => ({
        type: "tool_use" as const,
        name: fullName(tool),
        input: Object.fromEntries(
          Object.entries(args).map(([name, value]) => [
            name,
            typeof value === "string" ? fill(value, values).trim() : value,
          ]),
        ),
      })),
    ];
    return { kind: "turn", content, ends: calls.length === 0 };
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    return { kind: "lost", missing: error.message };
  }
}
