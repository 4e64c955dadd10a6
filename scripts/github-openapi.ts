import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Cuts GitHub's published OpenAPI description down to the operations that this project calls. The whole package is
 * 385 MB, so it is no dependency; it is fetched here, on the rare day when the version below changes:
 *
 *     node scripts/github-openapi.ts && npx oxfmt test/support/github/openapi.json
 */
const VERSION = "23.0.2";
const TARGET = fileURLToPath(new URL("../test/support/github/openapi.json", import.meta.url));

const ACTIONS = "/repos/{owner}/{repo}/actions";
const USED: readonly (readonly [method: string, path: string])[] = [
  ["get", `${ACTIONS}/workflows/{workflow_id}`],
  ["post", `${ACTIONS}/workflows/{workflow_id}/dispatches`],
  ["get", `${ACTIONS}/workflows/{workflow_id}/runs`],
  ["get", `${ACTIONS}/runs/{run_id}`],
  ["get", `${ACTIONS}/runs/{run_id}/jobs`],
  ["post", `${ACTIONS}/runs/{run_id}/cancel`],
  ["get", `${ACTIONS}/jobs/{job_id}/logs`],
  ["get", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations"],
];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Tree = { [key: string]: Json };

const folder = mkdtempSync(join(tmpdir(), "github-openapi-"));
try {
  const whole = download(folder);
  writeFileSync(TARGET, `${JSON.stringify(cut(whole), undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

function download(into: string): Tree {
  const npm = { cwd: into, stdio: ["ignore", "pipe", "inherit"] as const, encoding: "utf8" as const };
  execFileSync("npm", ["pack", "--silent", `@octokit/openapi@${VERSION}`], { ...npm, stdio: [...npm.stdio] });
  const wanted = "package/generated/api.github.com.json";
  execFileSync("tar", ["xzf", `octokit-openapi-${VERSION}.tgz`, wanted], { cwd: into });
  return JSON.parse(readFileSync(join(into, wanted), "utf8")) as Tree;
}

function cut(whole: Tree): Json {
  const paths: Record<string, Tree> = {};
  for (const [method, path] of USED) {
    const operation = at(whole, ["paths", path, method]);
    if (operation === undefined) throw new Error(`The description has no ${method.toUpperCase()} ${path}.`);
    paths[path] = { ...paths[path], [method]: withoutProse(operation) };
  }
  const components: Record<string, Tree> = {};
  for (const [kind, name] of references(paths, whole)) {
    components[kind] = {
      ...components[kind],
      [name]: withoutProse(at(whole, ["components", kind, name]) ?? {}),
    };
  }
  const { title, version, license } = whole["info"] as Tree;
  return {
    openapi: whole["openapi"] ?? "",
    info: {
      title: title ?? "",
      version: version ?? "",
      license: license ?? "",
      description: `Cut from npm @octokit/openapi ${VERSION} by scripts/github-openapi.ts. See NOTICE.md.`,
    },
    servers: whole["servers"] ?? [],
    paths,
    components,
  };
}

/** Every component that is reached from there, as (kind, name), each once and in a stable order. */
function references(from: Json, whole: Tree): readonly (readonly [kind: string, name: string])[] {
  const found = new Set<string>();
  const open: Json[] = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const reference of referencesIn(withoutProse(next))) {
      if (found.has(reference)) continue;
      found.add(reference);
      open.push(at(whole, reference.split("/")) ?? {});
    }
  }
  return [...found].sort().map((path) => path.split("/").slice(1) as unknown as readonly [string, string]);
}

function referencesIn(value: Json): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner.replace("#/", "")] : referencesIn(inner),
  );
}

/** Examples and links into GitHub's documentation hold nothing that is checked. */
function withoutProse(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((one: Json) => withoutProse(one));
  return Object.fromEntries(
    Object.entries(value as Tree)
      .filter(([key, inner]) => !isProse(key, inner))
      .map(([key, inner]) => [key, withoutProse(inner)]),
  );
}

function isProse(key: string, value: Json): boolean {
  if (key === "externalDocs" || key === "x-github" || key === "x-octokit") return true;
  if (key === "examples" || key === "example") return true;
  return key === "description" && typeof value === "string" && value.length > 300;
}

function at(tree: Json, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, key) => (inner === null || typeof inner !== "object" ? undefined : (inner as Tree)[key]),
    tree,
  );
}
