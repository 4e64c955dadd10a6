import { isJsonObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import { stepsOf } from "./episode-steps.ts";
import type { Step } from "./episode-steps.ts";
import { numberOf, objectOf, oneLine, rawText, textOf } from "./transcript-values.ts";

/** An episode as its transcript tells it; every text is made harmless for a terminal. */
export interface EpisodeRecord {
  /** What the prompt begins with: namespace, client, statefulset, pod, run, incident. */
  readonly about: Readonly<Record<string, string>>;
  readonly model: string;
  readonly limits: { readonly turns: number; readonly usd: number; readonly seconds: number } | undefined;
  readonly systemPrompt: string;
  readonly prompt: string;
  /** The times of the first and the last message that has one. */
  readonly times: readonly string[];
  readonly seconds: number | undefined;
  /** The answers came from the rehearsal. */
  readonly rehearsed: boolean;
  readonly steps: readonly Step[];
  readonly end: EpisodeEnd | undefined;
  readonly usage: Usage | undefined;
}

interface EpisodeEnd {
  readonly how: string;
  readonly detail: string;
  readonly turns: number;
  readonly tokens: number;
  readonly costUsd: number;
  readonly costKnown: boolean;
  readonly lastText: string;
}

interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** As JavaScript writes a time. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** The episodes of a transcript, in order; a file holds one unless its Incident was made anew. */
export function episodesIn(messages: readonly Json[]): readonly EpisodeRecord[] {
  const groups: JsonObject[][] = [];
  for (const message of messages.filter(isJsonObject)) {
    if (message["type"] === "episode-opened" || (groups.length === 0 && isOfTheSdk(message))) groups.push([]);
    groups.at(-1)?.push(message);
  }
  return groups.map(episodeOf);
}

function isOfTheSdk({ type }: JsonObject): boolean {
  return ["system", "assistant", "user", "result"].includes(textOf(type));
}

function episodeOf(messages: readonly JsonObject[]): EpisodeRecord {
  const ofType = (type: string): JsonObject => messages.findLast((message) => message["type"] === type) ?? {};
  const opened = ofType("episode-opened");
  const result = ofType("result");
  const limits = objectOf(opened["limits"]);
  const answers = messages.filter(({ type }) => type === "assistant").map(({ message }) => objectOf(message));
  const model = answers
    .map(({ model }) => textOf(model))
    .find((name) => name !== "" && !name.startsWith("<"));
  return {
    about: fieldsOf(rawText(opened["prompt"])),
    model: oneLine(opened["model"]) || (model ?? ""),
    limits:
      Object.keys(limits).length === 0
        ? undefined
        : {
            turns: numberOf(limits["maxTurns"]),
            usd: numberOf(limits["maxBudgetUsd"]),
            seconds: numberOf(limits["timeoutMs"]) / 1000,
          },
    systemPrompt: textOf(opened["systemPrompt"]),
    prompt: textOf(opened["prompt"]),
    times: timesOf(messages),
    seconds: typeof result["duration_ms"] === "number" ? result["duration_ms"] / 1000 : undefined,
    rehearsed: answers.some(({ id }) => textOf(id).startsWith("msg_rehearsal_")),
    steps: stepsOf(messages),
    end: endOf(objectOf(ofType("episode-closed")["outcome"])),
    usage: usageOf(objectOf(result["modelUsage"])),
  };
}

/** The prompt's lines of the form "name: value" before the data of the cluster begins. */
function fieldsOf(prompt: string): Record<string, string> {
  const head = prompt.split("<cluster-data>")[0] ?? "";
  return Object.fromEntries(
    [...head.matchAll(/^([a-z]+): (.*)$/gm)].map(([, name = "", value = ""]) => [name, oneLine(value)]),
  );
}

function timesOf(messages: readonly JsonObject[]): string[] {
  const times = messages.map(({ timestamp }) => textOf(timestamp)).filter((text) => RFC_3339.test(text));
  return [...new Set([...times.slice(0, 1), ...times.slice(-1)])];
}

function endOf(outcome: JsonObject): EpisodeEnd | undefined {
  if (typeof outcome["end"] !== "string") return undefined;
  return {
    how: oneLine(outcome["end"]),
    detail: textOf(outcome["detail"]),
    turns: numberOf(outcome["turns"]),
    tokens: numberOf(outcome["tokens"]),
    costUsd: numberOf(outcome["costUsd"]),
    costKnown: outcome["costKnown"] === true,
    lastText: textOf(outcome["lastText"]),
  };
}

function usageOf(byModel: JsonObject): Usage | undefined {
  const models = Object.values(byModel).filter(isJsonObject);
  if (models.length === 0) return undefined;
  const sum = (key: string): number => models.reduce((total, model) => total + numberOf(model[key]), 0);
  return {
    input: sum("inputTokens"),
    output: sum("outputTokens"),
    cacheRead: sum("cacheReadInputTokens"),
    cacheWrite: sum("cacheCreationInputTokens"),
  };
}
