/** `make test`: every test in order, from the fastest to the slowest, and the farm down at the end. Stops at the first failure. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ensurePackages } from "../farm/cluster/packages.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const MEDIC = "src/main.ts";
const npm = (script: string): readonly string[] => ["npm", "run", "--silent", script];
const STEPS: readonly Step[] = [
  { name: "check: format, lint, types, unused code", args: npm("check") },
  { name: "unit tests", args: npm("test") },
  { name: "agent tests: the real SDK, and the rehearsal in place of a model", args: npm("test:agent") },
  { name: "contract tests against a real API server", args: npm("test:contract") },
  { name: "the local farm", args: [process.execPath, MEDIC, "farm", "up"] },
  { name: "end-to-end tests on the farm", args: npm("test:e2e") },
];
const LAST: Step = { name: "farm down", args: [process.execPath, MEDIC, "farm", "down"] };

/** What the tests need beyond what the farm installs for itself. */
const PACKAGES = ["chromium", "postgresql-15", "prometheus", "python3", "python3-venv", "shellcheck"];

const begin = Date.now();
const failed = await runSteps();
const down = await run(LAST.args);
const seconds = Math.round((Date.now() - begin) / 1000);
const time = `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
if (failed !== undefined) console.log(`\nFAILED after ${time}: ${failed}`);
else if (down !== 0) console.log(`\nFAILED after ${time}: the farm could not be taken down`);
else console.log(`\nAll tests passed in ${time}: ${STEPS.map((step) => step.name).join("; ")}.`);
process.exitCode = failed === undefined && down === 0 ? 0 : 1;

async function runSteps(): Promise<string | undefined> {
  try {
    await ensurePackages(PACKAGES, { log: (line) => console.log(line) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return "the Debian packages that the tests need";
  }
  for (const [index, step] of STEPS.entries()) {
    console.log(`\n[${index + 1}/${STEPS.length}] ${step.name}`);
    const stepBegin = Date.now();
    const code = await run(step.args);
    if (code !== 0) return step.name;
    console.log(`[${index + 1}/${STEPS.length}] done in ${Math.round((Date.now() - stepBegin) / 1000)} s`);
  }
  return undefined;
}

/** Runs a command with our output; answers its exit code. A Ctrl-C reaches it too, and then ends this run after the farm. */
async function run([program = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", ignore);
  return code ?? 1;
}
