import type { Block, ModelRequestBody, Usage } from "./model-request.ts";

/** An answer of the model, with everything that its events carry. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly content: readonly Block[];
  readonly stopReason: string;
  readonly usage: Usage;
}

export interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The answer to a request, with ids that differ from request to request. */
export function answerTo(
  body: ModelRequestBody,
  reply: { readonly content: readonly Block[]; readonly stopReason?: string },
  more: { readonly serial: number; readonly usage: Usage },
): Answer {
  const calls = reply.content.some(({ type }) => type === "tool_use");
  return {
    id: `msg_rehearsal_${more.serial}`,
    model: body.model,
    content: reply.content.map((block, at) =>
      block.type === "text" ? block : { ...block, id: block.id ?? `toolu_rehearsal_${more.serial}_${at}` },
    ),
    stopReason: reply.stopReason ?? (calls ? "tool_use" : "end_turn"),
    usage: more.usage,
  };
}

/** The answer in one piece. */
export function messageOf(answer: Answer): object {
  return {
    id: answer.id,
    type: "message",
    role: "assistant",
    model: answer.model,
    content: answer.content,
    stop_reason: answer.stopReason,
    stop_sequence: null,
    usage: answer.usage,
  };
}

/** The answer as the events of a stream; with `half` they end inside the last block. */
export function eventsOf(answer: Answer, half = false): StreamEvent[] {
  const { content, stopReason, usage } = answer;
  const started = {
    ...messageOf(answer),
    content: [],
    stop_reason: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const events: StreamEvent[] = [
    { type: "message_start", message: started },
    ...content.flatMap((block, index) => blockEvents(block, index)),
  ];
  if (half) return events.slice(0, Math.max(1, events.length - 2));
  return [
    ...events,
    { type: "message_delta", delta: { stop_reason: stopReason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
}

function blockEvents(block: Block, index: number): StreamEvent[] {
  const [empty, whole, kind] =
    block.type === "text"
      ? [{ type: "text", text: "" }, block.text, "text"]
      : [{ ...block, input: {} }, JSON.stringify(block.input), "json"];
  const pieces = whole.match(/[^]{1,200}/gu) ?? [""];
  return [
    { type: "content_block_start", index, content_block: empty },
    ...pieces.map((piece) => ({
      type: "content_block_delta",
      index,
      delta:
        kind === "text"
          ? { type: "text_delta", text: piece }
          : { type: "input_json_delta", partial_json: piece },
    })),
    { type: "content_block_stop", index },
  ];
}
