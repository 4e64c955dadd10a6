import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { MODES } from "../../farm/faults/catalogue.ts";
import { ensureActionlint } from "../../farm/workflow/workflow-tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FILE = ".github/workflows/build.yml";
const text = await readFile(`${ROOT}${FILE}`, "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly name?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number | string;
}

interface Job {
  readonly if?: string;
  readonly steps: readonly Step[];
  readonly "runs-on": string;
  readonly "timeout-minutes"?: number;
  readonly strategy?: { readonly "fail-fast"?: boolean; readonly "max-parallel"?: number };
}

interface Workflow {
  readonly on: { readonly workflow_dispatch: { readonly inputs: Readonly<Record<string, Input>> } };
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Input {
  readonly type: string;
  readonly default: unknown;
  readonly options?: readonly string[];
}

const workflow = parse(text) as Workflow;
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([job, { steps }]) => steps.map((step) => ({ job, step })));

describe("the workflow", { timeout: 300_000 }, () => {
  test("has no findings of actionlint, shellcheck included", async () => {
    const actionlint = await ensureActionlint(console.error);
    const lint = promisify(execFile)(actionlint, ["-no-color"], { cwd: ROOT });
    assert.equal((await lint.catch((error: { stdout: string }) => error)).stdout, "");
    // A linter that finds nothing anywhere would pass, too.
    const bad = text.replace(
      "run: build-medic farm prepare",
      "run: build-medic farm $FARM_MODE ${{ inputs.nowhere }}",
    );
    const found = spawnSync(actionlint, ["-no-color", "-"], {
      input: bad,
      cwd: ROOT,
      encoding: "utf8",
    }).stdout;
    assert.match(found, /property "nowhere" is not defined/);
    assert.match(found, /SC2086/, "shellcheck is on the path");
  });

  test("offers the modes of the farm, and the medic as a box that is ticked", () => {
    const { mode, medic } = workflow.on.workflow_dispatch.inputs;
    assert.deepEqual([mode?.type, mode?.default, mode?.options], ["choice", "none", [...MODES]]);
    assert.deepEqual([medic?.type, medic?.default], ["boolean", true]);
  });

  test("may read the repository and nothing else", () => {
    assert.deepEqual(workflow.permissions, { contents: "read" });
    for (const [, job] of jobs) assert.ok(!("permissions" in job));
  });

  test("lets no expression into a shell", async () => {
    for (const name of ["wait-for-stack", "setup-build-medic"]) {
      const action = parse(await readFile(`${ROOT}.github/actions/${name}/action.yml`, "utf8")) as {
        readonly runs: { readonly steps: readonly Step[] };
      };
      for (const { run = "" } of action.runs.steps) assert.ok(!run.includes("${{"), `${name}: ${run}`);
    }
    for (const { job, step } of steps) assert.ok(!(step.run ?? "").includes("${{"), `${job}: ${step.run}`);
  });

  test("uses nothing that a local runner has not: of others' actions only the checkout, no container, no service", () => {
    const foreign = steps
      .map(({ step }) => step.uses)
      .filter((uses) => uses !== undefined && !uses.startsWith("./"));
    assert.deepEqual([...new Set(foreign)], ["actions/checkout@v4"]);
    for (const [name, job] of jobs) {
      assert.ok(!("container" in job) && !("services" in job), name);
      assert.equal(job["runs-on"], "farm-runners");
    }
  });

  test("puts its limits on steps, for a local runner keeps none on jobs, and never stops the other clients", () => {
    for (const { job, step } of steps) {
      if (step.run === undefined && step.uses?.includes("wait-for-stack") !== true) continue;
      assert.ok(step["timeout-minutes"] !== undefined, `${job}: ${step.name}`);
    }
    for (const [name, job] of jobs) assert.ok(job["timeout-minutes"] !== undefined, name);
    assert.equal(workflow.jobs["client"]?.strategy?.["fail-fast"], false);
  });

  test("cleans up after every end: heals and concludes in the client's job, reports, tears down", () => {
    const client = workflow.jobs["client"]?.steps ?? [];
    for (const name of ["Heal", "Conclude"])
      assert.equal(client.find((step) => step.name === name)?.if, "always()");
    for (const name of ["report", "teardown"]) {
      const job = workflow.jobs[name];
      assert.equal(job?.if, "always()");
      for (const step of job?.steps ?? []) assert.equal(step.if, "always()");
    }
  });

  test("gives the account for faults to the steps that put faults in or take them out, and to no other", () => {
    const has = steps.filter(({ step }) => JSON.stringify(step).includes("FARM_FAULT_KUBECONFIG"));
    assert.deepEqual(
      has.map(({ step }) => step.name),
      ["Prepare", "Fault", "Heal", "Tear down"],
    );
    assert.equal(text.match(/secrets\./g)?.length, has.length);
  });
});
