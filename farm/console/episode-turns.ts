import { isJsonObject } from "../../src/core/json.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";

/** One answer of the model in an episode, and which tools it called. */
export interface EpisodeTurn {
  readonly at: number;
  readonly tools: readonly string[];
}

const MOST_TURNS = 100;

/** The turns in an episode's transcript: the messages of one answer share an id. */
export function turnsOf(transcript: Json | undefined): EpisodeTurn[] {
  const turns = new Map<string, { at: number; tools: string[] }>();
  for (const message of Array.isArray(transcript) ? transcript.filter(isJsonObject) : []) {
    const answer = message["message"];
    const at = typeof message["timestamp"] === "string" ? Date.parse(message["timestamp"]) : Number.NaN;
    if (message["type"] !== "assistant" || !isJsonObject(answer) || Number.isNaN(at)) continue;
    const id = typeof answer["id"] === "string" ? answer["id"] : String(turns.size);
    const turn = turns.get(id) ?? { at, tools: [] };
    turn.tools.push(...toolsIn(answer));
    turns.set(id, turn);
  }
  return [...turns.values()].slice(0, MOST_TURNS);
}

/** Without the server's name, which is the same for nearly all. */
function toolsIn({ content }: JsonObject): string[] {
  const parts = Array.isArray(content) ? content.filter(isJsonObject) : [];
  return parts
    .filter(({ type }) => type === "tool_use")
    .flatMap(({ name }) => (typeof name === "string" ? [name.replace(/^mcp__\w+?__/, "").slice(0, 60)] : []));
}
