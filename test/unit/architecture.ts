import { posix } from "node:path";

/** Folders of `src/` that join the core to one part of the outside world. */
const adapters = ["kube", "agent", "chat", "audit", "api", "telemetry"];

/** Who may import a package; `node:` modules are everybody's but the core's and the controllers'. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "@kubernetes/client-node": ["kube"],
  "@anthropic-ai/claude-agent-sdk": ["agent"],
  "@anthropic-ai/sdk": ["agent"],
  "@modelcontextprotocol/sdk": ["agent"],
  "@hono/node-server": ["api"],
  hono: ["api"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
  "@opentelemetry/api": ["telemetry"],
  "@opentelemetry/exporter-trace-otlp-http": ["telemetry"],
  "@opentelemetry/resources": ["telemetry"],
  "@opentelemetry/sdk-trace": ["telemetry"],
  commander: ["cli", "config", "main"],
  yaml: ["cli", "config", "kube"],
  zod: ["config", "agent", "chat"],
};

const mostLines = 300;
const vagueNames = /(?:^|-)(?:utils?|helpers?|types|common|misc|index|manager)\.ts$/;

/** What the core may not do: it is pure and synchronous, and time comes in as a number. */
const impure: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    "be asynchronous",
    /\basync\b\s*(?:function\b|\*|\(|[\w$]+\s*(?:\(|=>))|\bawait\b\s+[\w(]|\bPromise\b\s*[.<(]/,
  ],
  ["read the time", /\bDate\b\s*(?:[.(]|\)|;)|\bnew Date\b|\bperformance\b\s*\./],
  ["use chance", /\bMath\s*\.\s*random\b|\bcrypto\b\s*\.|\brandomUUID\b/],
  ["use timers", /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
  ["reach outside", /\bprocess\b\s*[.[]|\bfetch\b\s*\(|\bconsole\b\s*\.|\bglobalThis\b/],
];

/** What is wrong with one file of `src/`, by its path there (`core/plan.ts`) and its text; one sentence each. */
export function violationsOf(path: string, text: string): string[] {
  const code = withoutComments(text);
  const found = importsOf(text).flatMap((specifier) => importProblem(path, specifier) ?? []);
  if (/\bimport\s*\(\s*[^"'\s]/.test(code)) found.push("imports something that cannot be read here");
  if (layerOf(path) === "core") {
    found.push(
      ...impure.filter(([, pattern]) => pattern.test(code)).map(([what]) => `the core must not ${what}`),
    );
  }
  if (/^\s*export\s+default\b|\bas\s+default\b/m.test(code)) found.push("has a default export");
  if (
    !["config.ts", "main.ts"].includes(path) &&
    /\bprocess\s*(?:\.\s*env\b|\[\s*["']env)|\benv\b[^=\n]*\}\s*=\s*process\b/.test(code)
  ) {
    found.push("reads the environment");
  }
  if (code.split("\n").filter((line) => line.trim() !== "").length > mostLines)
    found.push(`has more than ${mostLines} lines`);
  if (!/^(?:[a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(path)) found.push("is not named in kebab-case");
  if (vagueNames.test(path)) found.push("has a name that says nothing");
  return found;
}

/** Every module a file names: static, type-only, re-exported, for side effects, dynamic, and in types. */
export function importsOf(text: string): string[] {
  const statics = /^[ \t]*(?:import|export)\s+(?:type\s+)?[\w*{}\s,$]*?\bfrom\s*["']([^"']+)["']/gm;
  const bare = /^[ \t]*import\s*["']([^"']+)["']/gm;
  const dynamic = /\b(?:import|require|import\.meta\.resolve)\s*\(\s*["'`]([^"'`]+)["'`]/g;
  return [statics, bare, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, specifier]) => specifier ?? ""),
  );
}

function importProblem(path: string, specifier: string): string | undefined {
  const layer = layerOf(path);
  if (!specifier.startsWith(".")) return packageProblem(layer, specifier);
  if (!/\.(?:ts|css|md|json)$/.test(specifier)) return `${specifier} has no file ending`;
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (mayImport(layer, path, target)) return undefined;
  return `${layer} must not import ${target}`;
}

function packageProblem(layer: string, specifier: string): string | undefined {
  if (layer === "core") return `the core must not import ${specifier}`;
  if (specifier.startsWith("node:")) {
    return layer === "controllers" ? `controllers must not import ${specifier}` : undefined;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return packages[name]?.includes(layer) === true ? undefined : `${layer} must not import ${name}`;
}

function mayImport(layer: string, path: string, target: string): boolean {
  const to = layerOf(target);
  if (to === "outside") return layer === "cli" && target.startsWith("../farm/");
  if (target.endsWith(".test.ts")) return false;
  if (layer === "app") return to !== "cli" && to !== "main" && target !== "app.ts";
  if (layer === "cli") return to !== "main";
  if (layer === "main") return to === "cli" || to === "lib";
  return to === layer || allowed(layer, to, target, path);
}

function allowed(layer: string, to: string, target: string, path: string): boolean {
  if (layer === "core") return false;
  if (to === "core") return layer !== "lib";
  if (layer === "lib") return false;
  // Errors are values that ports reject with; the rest of lib reaches outside.
  if (layer === "controllers") return target === "lib/medic-error.ts";
  if (to === "lib") return true;
  return adapters.includes(layer) && target === "controllers/ports.ts" && path !== target;
}

/** The first folder of a path in `src/`; `app`, `main` and `config` for the files at its top. */
function layerOf(path: string): string {
  if (path.startsWith("..")) return "outside";
  return path.includes("/") ? (path.split("/")[0] ?? "") : path.replace(/\.ts$/, "");
}

/** Good enough for finding words: what stands in a string stays. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/([;{},)]\s*)\/\/.*$/gm, "$1");
}
