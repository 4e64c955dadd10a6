import type { JsonObject } from "./json.ts";
import { listOf, numberOf, objectOf, oneLine, rawText, textOf } from "./transcript-values.ts";

export type Step = Turn | { readonly kind: "note"; readonly text: string };

interface Turn {
  readonly kind: "turn";
  readonly id: string;
  readonly at: string;
  readonly parts: Part[];
}

type Part = { readonly kind: "text" | "thought"; readonly text: string } | CallPart;

export interface CallPart {
  readonly kind: "call";
  readonly id: string;
  /** Short: get_nodes. */
  readonly tool: string;
  readonly args: JsonObject;
  answer?: { readonly text: string; readonly came: "answered" | "refused" | "failed" };
}

/** The turns in order, each call with its answer, and what else was said between them. */
export function stepsOf(messages: readonly JsonObject[]): Step[] {
  const steps: Step[] = [];
  const calls = new Map<string, CallPart>();
  for (const message of messages) {
    if (message["type"] === "assistant") addAnswer(message, steps, calls);
    if (message["type"] === "user") addResults(message, calls);
    if (message["subtype"] === "api_retry") steps.push({ kind: "note", text: retryWords(message) });
  }
  return steps;
}

/** One answer comes in a message for each of its blocks. */
function addAnswer(message: JsonObject, steps: Step[], calls: Map<string, CallPart>): void {
  const inner = objectOf(message["message"]);
  const parts = listOf(inner["content"]).flatMap(partOf);
  // The agent's process words an API failure as if the model had said it.
  if (message["error"] !== undefined || inner["model"] === "<synthetic>") {
    const said = parts.flatMap((part) => (part.kind === "call" ? [] : [part.text])).join(" ");
    steps.push({ kind: "note", text: `No answer of the model: ${said}` });
    return;
  }
  const id = textOf(inner["id"]);
  const last = steps.at(-1);
  if (last?.kind === "turn" && last.id === id) last.parts.push(...parts);
  else steps.push({ kind: "turn", id, at: textOf(message["timestamp"]), parts });
  for (const part of parts) if (part.kind === "call") calls.set(part.id, part);
}

function partOf(block: JsonObject): Part[] {
  switch (block["type"]) {
    case "text":
      return [{ kind: "text", text: textOf(block["text"]).trim() }];
    case "thinking":
      return [{ kind: "thought", text: textOf(block["thinking"]).trim() }];
    case "tool_use":
      return [
        {
          kind: "call",
          id: rawText(block["id"]),
          tool: oneLine(block["name"]).replace(/^mcp__(?:k8s|notify)__/, ""),
          args: objectOf(block["input"]),
        },
      ];
    default:
      return [];
  }
}

function addResults(message: JsonObject, calls: ReadonlyMap<string, CallPart>): void {
  for (const block of listOf(objectOf(message["message"])["content"])) {
    const call = calls.get(rawText(block["tool_use_id"]));
    if (block["type"] !== "tool_result" || call === undefined) continue;
    const { content } = block;
    const text =
      typeof content === "string"
        ? textOf(content)
        : listOf(content)
            .map((part) => textOf(part["text"]))
            .join("\n");
    call.answer = { text, came: block["is_error"] === true ? failureOf(text) : "answered" };
  }
}

/** The gate says "Not permitted.", the permit its code, the second fence and the SDK that there is no such tool. */
function failureOf(text: string): "refused" | "failed" {
  const refused =
    /^(?:Not permitted\.|Not done\. [A-Z][A-Za-z]+: |This is none of your tools|The episode is being stopped|Whether this is allowed|.{0,40}No such tool available)/;
  return refused.test(text) ? "refused" : "failed";
}

function retryWords(message: JsonObject): string {
  const status = typeof message["error_status"] === "number" ? ` with ${message["error_status"]}` : "";
  return `The model's API failed${status}; asked again (${numberOf(message["attempt"])} of ${numberOf(message["max_retries"])}).`;
}
