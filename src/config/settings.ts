import { z } from "zod";

const seconds = (least: number, most: number): z.ZodNumber => z.number().min(least).max(most);
const count = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/** Every key of the configuration with its type, bounds, default and a sentence. Flags and documents follow from it. */
export const settingsSchema = z.object({
  sweepSeconds: seconds(1, 3600)
    .default(5)
    .describe(
      "How often every stack is looked at although nothing was reported. Detection itself is watch-driven.",
    ),
  debounceSeconds: seconds(0, 3600)
    .default(20)
    .describe(
      "A stack that is not ready for longer than this is stuck. Terminal states (ImagePullBackOff, …) count at once.",
    ),
  verifySeconds: seconds(0, 600)
    .default(10)
    .describe("How long a repaired stack must stay ready before its incident is resolved."),
  maxActionsPerStack: count(0, 20)
    .default(3)
    .describe("How many actions one stack may get in one incident; then it is escalated."),
  mode: z
    .enum(["act", "observe"])
    .default("act")
    .describe("`observe` does everything but the writes, and says what it would have done."),
  allowNodePatch: z
    .boolean()
    .default(false)
    .describe(
      "Whether a node may be uncordoned. The Helm chart grants the right to patch nodes only with it.",
    ),
  acceptExcessRights: z
    .boolean()
    .default(false)
    .describe("Act although the account may do more than is needed, as with a developer's kubeconfig."),
  model: z.string().min(1).max(200).default("claude-sonnet-4-6").describe("The model of an episode."),
  maxTurns: count(1, 100).default(12).describe("Turns per episode."),
  maxBudgetUsd: z.number().min(0.01).max(100).default(0.5).describe("Dollars per episode."),
  hourlyBudgetUsd: z
    .number()
    .min(0)
    .max(1000)
    .default(1.5)
    .describe("Dollars per hour over all episodes; survives restarts. 0 allows none."),
  maxConcurrentEpisodes: count(1, 20).default(3).describe("Episodes at the same time; others wait in order."),
  episodeTimeoutSeconds: seconds(10, 3600).default(300).describe("Wall clock per episode."),
  incidentTtl: z
    .string()
    .regex(/^[1-9]\d{0,5}[smhd]$/)
    .default("7d")
    .describe("How long a closed Incident is kept: a number and s, m, h or d."),
  rerunMinutes: z
    .number()
    .min(0)
    .max(1440)
    .default(40)
    .describe(
      "What running a build again costs your team, in minutes. Only for the totals of what was saved; nothing is decided by it.",
    ),
  namespace: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
    .default("build-medic")
    .describe("The namespace in which Incidents live."),
  stateDir: z
    .string()
    .min(1)
    .default("./state")
    .describe("The folder for the audit log, decisions and transcripts."),
  port: count(0, 65535).default(8080).describe("Port of the HTTP server; 0 takes any free one."),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,253}$/)
    .default("127.0.0.1")
    .describe("Address the HTTP server listens on. Everything it shows can be read by whoever reaches it."),
  publicUrl: z
    .string()
    .regex(/^$|^https?:\/\/[^\s@?#]{1,400}$/)
    .refine((value) => value === "" || URL.canParse(value))
    .default("")
    .describe(
      "The address under which people reach the medic's own pages. With it the message of an incident links to its story.",
    ),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("The kubeconfig file. Without it: the pod's ServiceAccount, else `KUBECONFIG`."),
  logLevel: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("The least important log lines shown."),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
export type SettingKey = keyof Settings;

/** What each value must be, in words, where the bounds alone do not say it. */
const inWords: Partial<Record<SettingKey, string>> = {
  incidentTtl: "a whole number and a unit, s, m, h or d, like 7d",
  namespace: "a Kubernetes namespace name: lower-case letters, digits and dashes",
  host: "an IP address or a host name",
  publicUrl: "an http or https URL without credentials, query or fragment",
  model: "the name of a model",
  stateDir: "a path",
  kubeconfig: "a path",
};

/** One key as flags, messages and documents need it. */
export interface SettingInfo {
  readonly key: SettingKey;
  readonly flag: string;
  readonly env: string;
  readonly type: "number" | "boolean" | "string";
  readonly fallback: unknown;
  readonly description: string;
  /** What is accepted, in words: "a number from 1 to 3600". */
  readonly accepts: string;
}

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** The schema as JSON Schema (draft 2020-12), for the chart's values and for documents. */
function settingsJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(settingsSchema, { io: "input" });
}

/** Every key, in the order of the schema. */
export const settingInfos: readonly SettingInfo[] = Object.entries(
  (settingsJsonSchema() as { properties: Record<string, Property> }).properties,
).map(([name, property]) => {
  const key = name as SettingKey;
  return {
    key,
    flag: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    env: `MEDIC_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
    type: property.type === "boolean" || property.type === "string" ? property.type : "number",
    fallback: property.default,
    description: property.description ?? "",
    accepts: inWords[key] ?? acceptsOf(property),
  };
});

function acceptsOf(property: Property): string {
  if (property.enum !== undefined) return property.enum.join(" or ");
  if (property.type === "boolean") return "true or false";
  const kind = property.type === "integer" ? "a whole number" : "a number";
  return `${kind} from ${property.minimum} to ${property.maximum}`;
}
