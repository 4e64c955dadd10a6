import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { placeholdersIn } from "./template.ts";

/** The ten tools by their short names, as cassettes write them. */
const TOOLS = {
  get_pod_status: "k8s",
  describe_pod: "k8s",
  get_pod_events: "k8s",
  get_pod_logs: "k8s",
  get_nodes: "k8s",
  reconcile_to_intent: "k8s",
  restart_pod: "k8s",
  rollback_release: "k8s",
  uncordon_node: "k8s",
  rocketchat: "notify",
} as const;
export type ToolName = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** What the task prompt says of the stack, by name. */
export const PROMPT_FIELDS = ["namespace", "client", "run", "statefulset", "pod"] as const;

const Patterns = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());

const FactSchema = z.strictObject({
  /** What it says, for people. */
  fact: z.string(),
  in: z.enum([...TOOL_NAMES, "prompt"]),
  /** Only the answer to the call with these arguments. */
  of: z.record(z.string(), z.string()).default({}),
  /** Regular expressions that must all match; their named groups can be used as `{{name}}` from here on. */
  has: Patterns.default([]),
  /** Regular expressions none of which may match. */
  lacks: Patterns.default([]),
  /** `line`: one line must fulfil all of it. */
  within: z.enum(["answer", "line"]).default("answer"),
  take: z.enum(["first", "last"]).default("first"),
  /** True: it stands in an answer that is an error. */
  failed: z.boolean().default(false),
});

const CallSchema = z.strictObject({
  tool: z.enum(TOOL_NAMES),
  args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

const TakeSchema = z.strictObject({
  name: z.string().optional(),
  needs: z.array(FactSchema).default([]),
  say: z.string(),
  calls: z.array(CallSchema).default([]),
});

const TurnSchema = z.union([
  z.strictObject({ either: z.array(TakeSchema).min(2) }).transform(({ either }) => either),
  TakeSchema.transform((take) => [take]),
]);

const CassetteSchema = z.strictObject({
  name: z.string(),
  about: z.string(),
  /** Regular expressions on the task prompt; none: the last resort. */
  when: Patterns.default([]),
  turns: z.array(TurnSchema).min(1),
});

export type Fact = Readonly<z.output<typeof FactSchema>>;
/** One way a turn may go; of several the first whose facts are all there is played. */
export type Take = Readonly<z.output<typeof TakeSchema>>;
export type Cassette = Readonly<z.output<typeof CassetteSchema>>;

/** The name of a tool as the model calls it. */
export function fullName(tool: ToolName): string {
  return `mcp__${TOOLS[tool]}__${tool}`;
}

/** The cassettes of a folder; without one, those of the project. Throws when one cannot be used. */
export async function loadCassettes(
  folder: string = path.join(import.meta.dirname, "cassettes"),
): Promise<Cassette[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file) => parseCassette(await readFile(path.join(folder, file), "utf8"), file)),
  );
}

/** Reads one cassette. Throws one error that names the file and everything wrong with it. */
export function parseCassette(text: string, file: string): Cassette {
  const parsed = CassetteSchema.safeParse(parse(text));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`${file}: ${problems.join("; ")}`);
  }
  const problems = problemsOf(parsed.data);
  if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}`);
  return parsed.data;
}

/** What no schema sees: patterns that do not compile, placeholders that nothing fills. */
function problemsOf(cassette: Cassette): string[] {
  const takes = cassette.turns.flat();
  const patterns = [
    ...cassette.when,
    ...takes.flatMap(({ needs }) => needs.flatMap(({ has, lacks }) => [...has, ...lacks])),
  ];
  const known = new Set<string>([
    ...PROMPT_FIELDS,
    ...patterns.flatMap((pattern) =>
      [...pattern.matchAll(/\(\?<([a-z]\w*)>/gi)].map(([, name = ""]) => name),
    ),
  ]);
  const unknown = placeholdersIn(JSON.stringify(takes)).filter((name) => !known.has(name));
  return [
    ...patterns.flatMap(brokenPattern),
    ...unknown.map((name) => `nothing says what {{${name}}} is`),
    ...takes
      .flatMap(({ needs }) => needs)
      .filter(({ has, lacks }) => has.length + lacks.length === 0)
      .map(({ fact }) => `the fact "${fact}" has no pattern`),
  ];
}

function brokenPattern(pattern: string): string[] {
  try {
    void new RegExp(pattern.replaceAll(/\{\{\w+\}\}/g, "x"), "im");
    return [];
  } catch (error) {
    return [`${pattern}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
