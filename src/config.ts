import { readFileSync } from "node:fs";
import { readChat } from "./config/chat.ts";
import type { ChatConfig } from "./config/chat.ts";
import { readProvider, secretValues } from "./config/credentials.ts";
import type { Provider } from "./config/credentials.ts";
import { Secret } from "./config/secret.ts";
import { settingInfos, settingsSchema } from "./config/settings.ts";
import type { SettingInfo, SettingKey, Settings } from "./config/settings.ts";
import { collect } from "./config/sources.ts";
import type { ConfigSources, Given, Source } from "./config/sources.ts";
import type { Json, JsonObject } from "./core/json.ts";
import { redactJson } from "./core/redact.ts";

export type { ConfigSources };

/** The effective configuration. */
export interface Config extends Settings {
  readonly chat: ChatConfig;
  readonly provider: Provider;
  /** Where each value came from. */
  readonly sources: Readonly<Record<SettingKey, Source>>;
}

/** Flag over environment over file over default; every problem at once, each a sentence. */
export function loadConfig(
  sources: ConfigSources,
): { readonly config: Config } | { readonly problems: readonly string[] } {
  const { given, problems: found } = collect(sources);
  const { chat, problems: chatProblems } = readChat(sources.env);
  const parsed = settingsSchema.safeParse(
    Object.fromEntries([...given].map(([key, { value }]) => [key, value])),
  );
  const problems = [...found, ...chatProblems];
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0]));
    problems.push(
      ...settingInfos.filter(({ key }) => wrong.has(key)).map((info) => refusal(info, given.get(info.key))),
    );
  } else {
    problems.push(...contradictions(parsed.data));
  }
  if (problems.length > 0 || !parsed.success) return { problems };
  const origins = Object.fromEntries(
    settingInfos.map(({ key }) => [key, given.get(key)?.source ?? "default"]),
  ) as Record<SettingKey, Source>;
  return { config: { ...parsed.data, chat, provider: readProvider(sources.env), sources: origins } };
}

/** This process's flags (as commander has them), environment and disk. */
export function processSources(flags: Readonly<Record<string, unknown>>): ConfigSources {
  return {
    flags,
    env: process.env,
    readFile(path) {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
  };
}

/** The effective configuration for people: every value, where the changed ones came from, no secret. */
export function describeConfig(config: Config): JsonObject {
  const values = Object.fromEntries(settingInfos.map(({ key }) => [key, config[key] ?? null])) as JsonObject;
  const changed = Object.fromEntries(
    Object.entries(config.sources).filter(([, source]) => source !== "default"),
  );
  // A Secret writes itself masked.
  const chat = JSON.parse(JSON.stringify(config.chat)) as Json;
  return redactJson({
    ...values,
    chat,
    provider: config.provider,
    sources: changed,
  }) as JsonObject;
}

/** Exact values to mask wherever they stand, for `createRedactor`. */
export function secretsOf(config: Config, env: ConfigSources["env"]): readonly string[] {
  const own = Object.values(config.chat).filter((value) => value instanceof Secret);
  return [...new Set([...own.map((secret) => secret.reveal()), ...secretValues(env)])].filter(
    (value) => value !== "",
  );
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration like "7d" in milliseconds. */
export function durationMs(duration: string): number {
  const unit = duration.at(-1) as keyof typeof unitMs;
  return Number.parseInt(duration, 10) * unitMs[unit];
}

function refusal(info: SettingInfo, given: Given | undefined): string {
  const value = redactJson(given?.value ?? null);
  const link =
    typeof value === "string" && value.startsWith("tcp://")
      ? " Kubernetes sets it for a Service called medic: give the pod enableServiceLinks: false."
      : "";
  return `${info.key} is ${JSON.stringify(value)} (${given?.where ?? "default"}); accepted: ${info.accepts}.${link}`;
}

/** What each value allows but not together. */
function contradictions(settings: Settings): string[] {
  const { maxBudgetUsd, hourlyBudgetUsd } = settings;
  return hourlyBudgetUsd > 0 && hourlyBudgetUsd < maxBudgetUsd
    ? [
        `hourlyBudgetUsd (${hourlyBudgetUsd}) is less than maxBudgetUsd (${maxBudgetUsd}), so no episode could ever start; raise the one, lower the other, or set hourlyBudgetUsd to 0.`,
      ]
    : [];
}
