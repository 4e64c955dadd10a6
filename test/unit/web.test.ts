import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = globSync("web/{shared,story,dashboard,console}/**/*.{ts,tsx}", { cwd: root })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => !path.endsWith(".test.ts"))
  .sort();

/** What is wrong with one file of the pages, a sentence each. */
function violationsOf(path: string, text: string): string[] {
  const statements = text.matchAll(/^import\s+(type\s)?[^"]*?(?:from\s+)?"([^"]+)"/gm);
  const found = [...statements].flatMap(([, type, specifier = ""]) =>
    type === undefined ? importProblem(path, specifier) : [],
  );
  if (
    /dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(
      text,
    )
  )
    found.push("makes HTML or a script from text");
  // An object is set property by property, which the policy allows.
  if (/\sstyle=["'`]/.test(text)) found.push("has an inline style, which the policy forbids");
  return found;
}

function importProblem(path: string, specifier: string): string[] {
  if (/^preact(?:\/|$)/.test(specifier)) return [];
  const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
  if (target.startsWith("src/core/")) return [];
  if (!target.startsWith("web/")) return [`brings ${target} into the browser`];
  const from = path.split("/")[1] ?? "";
  const to = target.split("/")[1] ?? "";
  if (to === from || to === "shared" || (to === "story" && from !== "shared")) return [];
  return [`${from} must not import ${target}`];
}

test("the pages bring nothing into the browser but themselves, preact and the pure core, and make no HTML from text", () => {
  assert.ok(files.length > 30 && files.includes("web/shared/frame.tsx"), `${files.length} files`);
  const found = files.flatMap((path) =>
    violationsOf(path, readFileSync(`${root}/${path}`, "utf8")).map((violation) => `${path}: ${violation}`),
  );
  assert.deepEqual(found, []);
});

const caught: readonly [path: string, text: string, violation: string][] = [
  [
    "web/shared/a.ts",
    'import { x } from "../../src/api/server.ts";',
    "brings src/api/server.ts into the browser",
  ],
  ["web/shared/a.ts", 'import { readFile } from "node:fs";', "brings node:fs into the browser"],
  ["web/shared/a.ts", 'import "left-pad";', "brings left-pad into the browser"],
  ["web/shared/a.tsx", 'import { x } from "../dashboard/b.ts";', "shared must not import web/dashboard/b.ts"],
  [
    "web/console/a.tsx",
    'import {\n  x,\n} from "../dashboard/b.ts";',
    "console must not import web/dashboard/b.ts",
  ],
  ["web/shared/a.tsx", "<p dangerouslySetInnerHTML={x} />", "makes HTML or a script from text"],
  ["web/shared/a.tsx", '<p style="color: red">', "has an inline style, which the policy forbids"],
];
for (const [path, text, violation] of caught)
  test(`catches in ${path}: ${text.slice(0, 50).replaceAll("\n", " ")}`, () =>
    assert.deepEqual(violationsOf(path, text), [violation]));

test("allows types from anywhere, and what is pure from the core", () => {
  const text =
    'import type { X } from "../../src/api/builds.ts";\nimport { isClosed } from "../../src/core/incident.ts";';
  assert.deepEqual(violationsOf("web/dashboard/a.tsx", text), []);
});
