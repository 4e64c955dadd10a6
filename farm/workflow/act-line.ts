/** One line that `act --json` prints. */
export interface ActLine {
  readonly msg: string;
  readonly level: string;
  readonly at: number;
  /** `Build/client (2)-1`, filled up with blanks. */
  readonly job?: string;
  readonly jobID?: string;
  readonly matrix: Readonly<Record<string, unknown>>;
  /** Ids of the step and of the steps around it, the outermost first. */
  readonly stepID: readonly string[];
  readonly stage?: string;
  readonly stepResult?: string;
  readonly jobResult?: string;
  readonly command?: string;
  /** A command's text. */
  readonly arg?: string;
  readonly kvPairs: Readonly<Record<string, string>>;
  readonly content?: string;
  /** Printed by the step itself. */
  readonly rawOutput: boolean;
}

/** Reads a line; `undefined` when it is not one of act's. */
export function readActLine(text: string): ActLine | undefined {
  const raw = parseObject(text);
  if (raw === undefined || typeof raw["msg"] !== "string") return undefined;
  const string = (key: string): string | undefined => {
    const value = raw[key];
    return typeof value === "string" ? value : undefined;
  };
  return {
    msg: raw["msg"],
    level: string("level") ?? "info",
    at: Date.parse(string("time") ?? "") || 0,
    ...optional("job", string("job")?.trim()),
    ...optional("jobID", string("jobID")),
    matrix: isObject(raw["matrix"]) ? raw["matrix"] : {},
    stepID: stringList(raw["stepID"] ?? raw["stepid"]),
    ...optional("stage", string("stage")),
    ...optional("stepResult", string("stepResult")),
    ...optional("jobResult", string("jobResult")),
    ...optional("command", string("command")),
    ...optional("arg", string("arg")),
    kvPairs: isObject(raw["kvPairs"]) ? (raw["kvPairs"] as Record<string, string>) : {},
    ...optional("content", string("content")),
    rawOutput: raw["raw_output"] === true,
  };
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function stringList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
