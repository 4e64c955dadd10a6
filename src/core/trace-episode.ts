import type { EpisodeRecord } from "./incident.ts";
import type { JsonObject } from "./json.ts";
import type { Attributes, Known, TimedMessage, Work } from "./trace.ts";
import { listOf, numberOf, objectOf, oneLine, rawText } from "./transcript-values.ts";

/** Ends in which nothing failed. */
const WELL: readonly string[] = ["completed", "aborted", "interrupted"];

/** The episode with its turns and tool calls, named by OpenTelemetry's conventions for generative AI; no prompt, no answer. */
export function episodeSpans(
  episode: EpisodeRecord | undefined,
  { provider, transcript = [] }: Known,
): readonly Work[] {
  if (episode?.startedAt === undefined) return [];
  const { startedAt, outcome } = episode;
  const steps = stepsIn(transcript, startedAt, provider);
  return [
    {
      name: "invoke_agent build-medic",
      start: startedAt,
      end: Math.max(startedAt, episode.endedAt ?? startedAt, ...steps.map(({ end }) => end)),
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": provider,
        "gen_ai.agent.name": "build-medic",
        "gen_ai.request.model": episode.model,
        ...usedInAll(transcript),
        "buildmedic.episode.outcome": outcome,
        "buildmedic.episode.turns": episode.turns,
        "buildmedic.episode.tokens": episode.tokens,
        "buildmedic.episode.cost_usd": episode.costUsd,
        "buildmedic.episode.tools": episode.tools,
      },
      ...(WELL.includes(outcome) ? {} : { outcome: { ok: false, why: `the episode ended: ${outcome}` } }),
      children: steps,
    },
  ];
}

interface Call {
  readonly tool: string;
  readonly start: number;
}

/** Turns and calls in order. A turn is counted from the last message before it, a call from the turn that asked for it. */
function stepsIn(transcript: readonly TimedMessage[], begin: number, provider: string): readonly Work[] {
  const turns = new Map<string, Work>();
  const calls = new Map<string, Call>();
  const answers: Work[] = [];
  let since = begin;
  for (const { at, message } of transcript) {
    // A file that was taken up again holds an earlier episode as well.
    if (at === undefined || at < begin) continue;
    const inner = objectOf(message["message"]);
    if (message["type"] === "assistant") {
      const id = oneLine(inner["id"]);
      // One answer comes in a message for each of its blocks.
      const start = turns.get(id)?.start ?? since;
      turns.set(id, turnOf(inner, { start, end: at, provider }));
      for (const { id: call, tool } of callsIn(inner)) calls.set(call, { tool, start: at });
    }
    if (message["type"] === "user") answers.push(...answersIn(inner, calls, at));
    since = at;
  }
  return [...turns.values(), ...answers].toSorted((left, right) => left.start - right.start);
}

function turnOf(
  answer: JsonObject,
  { start, end, provider }: { readonly start: number; readonly end: number; readonly provider: string },
): Work {
  const model = oneLine(answer["model"]);
  const usage = objectOf(answer["usage"]);
  const [read, written] = [
    numberOf(usage["cache_read_input_tokens"]),
    numberOf(usage["cache_creation_input_tokens"]),
  ];
  return {
    name: "chat",
    kind: "client",
    start,
    end: Math.max(start, end),
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.response.id": oneLine(answer["id"]),
      "gen_ai.response.model": model,
      // What came out is not known yet when the SDK tells of an answer; the episode has the sum.
      ...tokens({ input: numberOf(usage["input_tokens"]) + read + written, read, written }),
    },
  };
}

function answersIn(message: JsonObject, calls: ReadonlyMap<string, Call>, at: number): readonly Work[] {
  return listOf(message["content"]).flatMap((block) => {
    const id = rawText(block["tool_use_id"]);
    const call = block["type"] === "tool_result" ? calls.get(id) : undefined;
    if (call === undefined) return [];
    return [
      {
        name: `execute_tool ${call.tool}`,
        start: call.start,
        end: Math.max(call.start, at),
        attributes: {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": call.tool,
          "gen_ai.tool.type": "function",
          "gen_ai.tool.call.id": oneLine(block["tool_use_id"]),
        },
        ...(block["is_error"] === true
          ? { outcome: { ok: false, why: "refused or failed; the transcript tells which" } }
          : {}),
      },
    ];
  });
}

function callsIn(answer: JsonObject): readonly { readonly id: string; readonly tool: string }[] {
  return listOf(answer["content"])
    .filter(({ type }) => type === "tool_use")
    .map(({ id, name }) => ({
      id: rawText(id),
      tool: oneLine(name).replace(/^mcp__(?:k8s|notify)__/, ""),
    }));
}

/** The SDK's account of the whole episode. */
function usedInAll(transcript: readonly TimedMessage[]): Attributes {
  const result = transcript.findLast(({ message }) => message["type"] === "result")?.message;
  const models = Object.values(objectOf(result?.["modelUsage"])).map((usage) => objectOf(usage));
  if (models.length === 0) return {};
  const sum = (key: string): number => models.reduce((total, model) => total + numberOf(model[key]), 0);
  const [read, written] = [sum("cacheReadInputTokens"), sum("cacheCreationInputTokens")];
  return {
    ...tokens({ input: sum("inputTokens") + read + written, read, written }),
    "gen_ai.usage.output_tokens": sum("outputTokens"),
  };
}

/** By the conventions what came from the cache is part of the input. */
function tokens(used: {
  readonly input: number;
  readonly read: number;
  readonly written: number;
}): Attributes {
  return {
    "gen_ai.usage.input_tokens": used.input,
    "gen_ai.usage.cache_read.input_tokens": used.read,
    "gen_ai.usage.cache_creation.input_tokens": used.written,
  };
}
