import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { importsOf, violationsOf } from "./architecture.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const files = globSync("**/*.ts", { cwd: src })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => !path.endsWith(".test.ts"))
  .sort();

test("every file of src keeps the rules about imports, purity, size and names", () => {
  const found = files.flatMap((path) =>
    violationsOf(path, readFileSync(`${src}/${path}`, "utf8")).map(
      (violation) => `src/${path}: ${violation}`,
    ),
  );
  assert.deepEqual(found, []);
});

test("the rules see the files and their imports", () => {
  assert.ok(files.length > 50 && files.includes("core/plan.ts"), `${files.length} files`);
  const imports = files.flatMap((path) => importsOf(readFileSync(`${src}/${path}`, "utf8")));
  assert.ok(imports.length > 200, `${imports.length} imports`);
  assert.ok(imports.includes("@kubernetes/client-node"));
});

const caught: readonly [path: string, text: string, violation: string][] = [
  ["core/a.ts", 'import { b } from "../lib/clock.ts";', "core must not import lib/clock.ts"],
  [
    "core/a.ts",
    'import type { Log } from "../controllers/ports.ts";',
    "core must not import controllers/ports.ts",
  ],
  ["core/rules/a.ts", 'export { b } from "../../kube/informer.ts";', "core must not import kube/informer.ts"],
  ["core/a.ts", 'import { hash } from "node:crypto";', "the core must not import node:crypto"],
  ["core/a.ts", 'import "zod";', "the core must not import zod"],
  ["core/a.ts", 'type A = import("pino").Logger;', "the core must not import pino"],
  ["core/a.ts", "export async function f(): Promise<void> {}", "the core must not be asynchronous"],
  ["core/a.ts", "const f = async () => 1;", "the core must not be asynchronous"],
  ["core/a.ts", "return Promise.all([]);", "the core must not be asynchronous"],
  ["core/a.ts", "const at = Date.now();", "the core must not read the time"],
  ["core/a.ts", "const at = +new Date;", "the core must not read the time"],
  ["core/a.ts", "const at = Date();", "the core must not read the time"],
  ["core/a.ts", "const n = Math.random();", "the core must not use chance"],
  ["core/a.ts", "setTimeout(f, 1);", "the core must not use timers"],
  ["core/a.ts", "console.log(1);", "the core must not reach outside"],
  ["core/a.ts", 'process["exit"]();', "the core must not reach outside"],
  [
    "controllers/stack.ts",
    'import { x } from "../kube/informer.ts";',
    "controllers must not import kube/informer.ts",
  ],
  [
    "controllers/stack.ts",
    'import { x } from "../lib/clock.ts";',
    "controllers must not import lib/clock.ts",
  ],
  ["controllers/stack.ts", 'import { x } from "node:fs";', "controllers must not import node:fs"],
  ["controllers/stack.ts", 'import { x } from "../app.ts";', "controllers must not import app.ts"],
  ["lib/a.ts", 'import { x } from "../core/json.ts";', "lib must not import core/json.ts"],
  ["lib/a.ts", 'import { x } from "zod";', "lib must not import zod"],
  ["chat/a.ts", 'import { x } from "../kube/informer.ts";', "chat must not import kube/informer.ts"],
  ["api/a.ts", 'const x = await import("../audit/verify.ts");', "api must not import audit/verify.ts"],
  [
    "audit/a.ts",
    'import { x } from "../controllers/storm.ts";',
    "audit must not import controllers/storm.ts",
  ],
  ["telemetry/a.ts", 'import type { Config } from "../config.ts";', "telemetry must not import config.ts"],
  ["config/a.ts", 'import { x } from "../telemetry/log.ts";', "config must not import telemetry/log.ts"],
  [
    "cli/a.ts",
    'import { V1Pod } from "@kubernetes/client-node";',
    "cli must not import @kubernetes/client-node",
  ],
  [
    "api/a.ts",
    'import { x } from "@kubernetes/client-node/dist/x.js";',
    "api must not import @kubernetes/client-node",
  ],
  [
    "kube/a.ts",
    'import { query } from "@anthropic-ai/claude-agent-sdk";',
    "kube must not import @anthropic-ai/claude-agent-sdk",
  ],
  ["kube/a.ts", 'import x from "left-pad";', "kube must not import left-pad"],
  ["kube/a.ts", 'import {\n  a,\n  type B,\n} from "../chat/b.ts";', "kube must not import chat/b.ts"],
  ["kube/a.ts", 'import * as all from "../chat/b.ts";', "kube must not import chat/b.ts"],
  ["kube/a.ts", 'export * from "../chat/b.ts";', "kube must not import chat/b.ts"],
  ["kube/a.ts", "const x = await import(name);", "imports something that cannot be read here"],
  ["kube/a.ts", 'import { x } from "./b";', "./b has no file ending"],
  ["kube/a.ts", 'import { x } from "./b.test.ts";', "kube must not import kube/b.test.ts"],
  [
    "kube/a.ts",
    'import { x } from "../../farm/build/kube.ts";',
    "kube must not import ../farm/build/kube.ts",
  ],
  [
    "cli/a.ts",
    'import { x } from "../../test/support/builders.ts";',
    "cli must not import ../test/support/builders.ts",
  ],
  ["main.ts", 'import { runApp } from "./app.ts";', "main must not import app.ts"],
  ["app.ts", 'import { registerRun } from "./cli/run.ts";', "app must not import cli/run.ts"],
  ["kube/a.ts", "export default 1;", "has a default export"],
  ["kube/a.ts", "export { a as default };", "has a default export"],
  ["kube/a.ts", 'const x = process.env["X"];', "reads the environment"],
  ["kube/a.ts", "const { env } = process;", "reads the environment"],
  ["kube/a.ts", "x;\n".repeat(301), "has more than 300 lines"],
  ["kube/workQueue.ts", "", "is not named in kebab-case"],
  ["kube/string-utils.ts", "", "has a name that says nothing"],
];
for (const [path, text, violation] of caught) {
  test(`catches in ${path}: ${text.slice(0, 60).replaceAll("\n", " ") || "its name"}`, () => {
    assert.deepEqual(violationsOf(path, text), [violation]);
  });
}

const fine: readonly [path: string, text: string][] = [
  [
    "core/rules/a.ts",
    'import type { Snapshot } from "../snapshot.ts";\n// await new Date() in a comment\nconst text = "the update is in process";',
  ],
  [
    "controllers/stack.ts",
    'import type { Plan } from "../core/plan.ts";\nimport { MedicError } from "../lib/medic-error.ts";\nimport type { Log } from "./ports.ts";',
  ],
  [
    "kube/a.ts",
    'import { V1Pod } from "@kubernetes/client-node";\nimport { request } from "node:https";\nimport type { Log } from "../controllers/ports.ts";',
  ],
  [
    "cli/a.ts",
    'const farm = await import("../../farm/build/build-command.ts");\nconst app = await import("../app.ts");',
  ],
  ["app.ts", 'import { createApi } from "./api/server.ts";\nimport { createLog } from "./telemetry/log.ts";'],
  ["config.ts", 'const x = process.env["X"];'],
  ["kube/a.ts", "// a long story\n".repeat(400)],
];
for (const [path, text] of fine) {
  test(`allows in ${path}: ${text.slice(0, 60).replaceAll("\n", " ")}`, () =>
    assert.deepEqual(violationsOf(path, text), []));
}
