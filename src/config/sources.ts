import { parseDocument } from "yaml";
import { isJsonObject } from "../core/json.ts";
import { messageOf } from "../lib/medic-error.ts";
import { nearest } from "./nearest.ts";
import { settingInfos, type SettingInfo, type SettingKey } from "./settings.ts";

/** Where values may come from. `readFile` answers `undefined` when there is no such file and throws when it cannot be read. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): string | undefined;
}

export type Source = "flag" | "environment" | "file" | "default";

/** A value as given, and what to call the place it came from. */
export interface Given {
  readonly value: unknown;
  readonly source: Source;
  /** "flag --port", "environment variable MEDIC_PORT", "medic.yaml". */
  readonly where: string;
}

const defaultFile = "medic.yaml";
const pathVariable = "MEDIC_CONFIG";

/** The winning value of every key that is given anywhere, and every problem met on the way. */
export function collect(sources: ConfigSources): {
  readonly given: ReadonlyMap<SettingKey, Given>;
  readonly problems: readonly string[];
} {
  const file = readConfigFile(sources);
  const given = new Map<SettingKey, Given>();
  for (const info of settingInfos) {
    const value = fromFlag(info, sources.flags) ?? fromEnvironment(info, sources.env) ?? fromFile(info, file);
    if (value !== undefined) given.set(info.key, value);
  }
  return { given, problems: [...file.problems, ...unknownVariables(sources.env)] };
}

function fromFlag(info: SettingInfo, flags: ConfigSources["flags"]): Given | undefined {
  const value = flags[info.key];
  return value === undefined
    ? undefined
    : { value: typed(info, value), source: "flag", where: `flag ${info.flag}` };
}

/** An empty variable counts as not set: that is how charts and shells leave one out. */
function fromEnvironment(info: SettingInfo, env: ConfigSources["env"]): Given | undefined {
  const value = env[info.env];
  if (value === undefined || value === "") return undefined;
  return { value: typed(info, value), source: "environment", where: `environment variable ${info.env}` };
}

function fromFile(info: SettingInfo, file: ConfigFile): Given | undefined {
  const value = file.values[info.key];
  return value === undefined ? undefined : { value, source: "file", where: file.path };
}

/** Flags and variables are texts; what does not read as the key's type stays a text and is refused by the schema. */
function typed(info: SettingInfo, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (info.type === "number" && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value.trim()))
    return Number(value);
  if (info.type === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

function readConfigFile(sources: ConfigSources): ConfigFile {
  const flag = sources.flags["config"];
  const named = typeof flag === "string" && flag !== "" ? flag : sources.env[pathVariable] || undefined;
  const path = named ?? defaultFile;
  const failed = (problem: string): ConfigFile => ({ path, values: {}, problems: [problem] });
  let text: string | undefined;
  try {
    text = sources.readFile(path);
  } catch (error) {
    return failed(
      `${path} cannot be read (${messageOf(error)}); correct its permissions or name another file with --config.`,
    );
  }
  if (text === undefined) {
    return named === undefined
      ? { path, values: {}, problems: [] }
      : failed(`${path} does not exist; name the configuration file with --config or ${pathVariable}.`);
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return {
      path,
      values: {},
      problems: document.errors.map((error) => `${path} is no valid YAML: ${oneLine(error.message)}.`),
    };
  }
  const values: unknown = document.toJS();
  // An empty file, or one with comments only.
  if (values === null || values === undefined) return { path, values: {}, problems: [] };
  if (!isJsonObject(values))
    return failed(`${path} must be a list of keys and values, like \`sweepSeconds: 5\`.`);
  return { path, values, problems: unknownKeys(path, Object.keys(values)) };
}

/** The first line of a YAML error: what is wrong and where; the rest draws the place. */
function oneLine(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/[:.]\s*$/, "");
}

function unknownKeys(path: string, keys: readonly string[]): string[] {
  const known = settingInfos.map(({ key }) => key as string);
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const credential = /token|key|password|webhook|rocketchat|anthropic/i.test(key)
        ? " Credentials come from the environment only."
        : "";
      return `${JSON.stringify(key)} in ${path} is no known key; ${suggestion(nearest(key, known))}very key is listed by \`build-medic run --help\`.${credential}`;
    });
}

/** Variables that Kubernetes sets for a Service called `medic…` are not ours. */
const serviceLink = /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;

function unknownVariables(env: ConfigSources["env"]): string[] {
  const known = [...settingInfos.map((info) => info.env), pathVariable];
  return Object.entries(env)
    .filter(
      ([name, value]) =>
        name.startsWith("MEDIC_") && !known.includes(name) && !isServiceLink(name, value ?? ""),
    )
    .map(
      ([name]) =>
        `The environment variable ${name} is no known setting; ${suggestion(nearest(name, known))}very variable is listed by \`build-medic run --help\`.`,
    )
    .sort();
}

function isServiceLink(name: string, value: string): boolean {
  return serviceLink.test(name) || (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(value));
}

/** Up to the first letter of the sentence about where to look. */
function suggestion(candidate: string | undefined): string {
  return candidate === undefined ? "e" : `did you mean ${candidate}? E`;
}
