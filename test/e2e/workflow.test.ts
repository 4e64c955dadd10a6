import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { V1Namespace, V1NamespaceList, V1NodeList, V1StatefulSetList } from "@kubernetes/client-node";
import { medicTraffic } from "../../farm/build/audit-writes.ts";
import { differencesFrom, expectationOf } from "../../farm/build/expectations.ts";
import type { Expectation } from "../../farm/build/expectations.ts";
import { openFarm } from "../../farm/build/farm-access.ts";
import type { FarmAccess } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { healLeftovers } from "../../farm/build/leftovers.ts";
import { joinMedic } from "../../farm/build/medic-process.ts";
import type { MedicHandle } from "../../farm/build/medic-process.ts";
import { listOpenBuilds, readOpenBuild } from "../../farm/build/open-builds.ts";
import { OUT, readJson } from "../../farm/build/out-folder.ts";
import { isAlive } from "../../farm/build/owner.ts";
import { recordPath } from "../../farm/build/record.ts";
import type { BuildRecord } from "../../farm/build/record.ts";
import { newRunId } from "../../farm/build/run-id.ts";
import { poll } from "../../farm/build/sleep.ts";
import { up } from "../../farm/cluster/up.ts";
import type { Mode } from "../../farm/faults/catalogue.ts";
import { runWorkflow } from "../../farm/workflow/run-workflow.ts";
import { splitAccounts } from "../support/split-accounts.ts";
import type { Accounts } from "../support/split-accounts.ts";
import { ensureAct } from "../../farm/workflow/workflow-tools.ts";
import type { WorkflowEvent, WorkflowRunResult } from "../../farm/workflow/workflow-run.ts";

const MINUTES = 60_000;
/** The target and its control group. */
const CLIENTS = 2;
const TARGET = 1;
/** Without the medic the fault stays however long one waits; a healthy stack is ready in a third of this. */
const WITHOUT_SECONDS = 40;

let farm: FarmAccess;
let kube: Kube;
let medic: MedicHandle;
/** The runner's account and that of the faults, as deploy/arc splits them. */
let split: Accounts;
let lastRunId = Math.floor(Date.now() / 1000) * 10;

before(
  async () => {
    await up({ log: console.error });
    farm = await openFarm({ report: console.error });
    kube = openKube(farm);
    await ensureAct(console.error);
    // The workflow starts none: one watches the cluster already, also while builds without it go on.
    const runId = `workflow-${newRunId(Date.now())}`;
    const { clusterUid } = farm;
    medic = await joinMedic({ kube, runId, clusterUid, model: "rehearsal", report: console.error });
    split = await splitAccounts(farm, kube);
  },
  { timeout: 25 * MINUTES },
);
after(async () => {
  await medic?.leave();
  await split?.remove();
});

interface Run {
  readonly runId: string;
  readonly namespace: string;
  readonly done: Promise<WorkflowRunResult>;
  readonly events: WorkflowEvent[];
  readonly stop: AbortController;
}

/** Starts `.github/workflows/build.yml` as somebody would from GitHub's page. */
function dispatch(
  inputs: Readonly<Record<string, string>>,
  watch?: (event: WorkflowEvent) => void,
  accounts?: Accounts,
): Run {
  const number = (lastRunId += 1);
  const runId = `${number}-1`;
  const events: WorkflowEvent[] = [];
  const stop = new AbortController();
  const done = runWorkflow({
    runId: number,
    runAttempt: 1,
    inputs,
    environment: { FARM_RUN_URL: pageOf(runId), ...accounts?.environment },
    secrets: accounts?.secrets,
    signal: stop.signal,
    logFile: join(OUT, "workflow-tests", `${runId}.log`),
    onEvent: (event) => {
      events.push(event);
      watch?.(event);
    },
  });
  return { runId, namespace: `build-${runId}`, done, events, stop };
}

const pageOf = (runId: string): string => `http://127.0.0.1:9/runs/${runId}`;

/** Everything that a run may have made is gone. */
async function assertNothingLeft({ runId, namespace }: Run): Promise<void> {
  const { items } = await kube.get<V1NamespaceList>("list namespaces", ["namespaces"]);
  assert.ok(!items.some(({ metadata }) => metadata?.name === namespace), `${namespace} is gone`);
  assert.ok(!(await listOpenBuilds()).some((build) => build.runId === runId), `${runId} is closed`);
  const nodes = await kube.get<V1NodeList>("list nodes", ["nodes"]);
  for (const { metadata } of nodes.items)
    assert.notEqual(metadata?.annotations?.["build-farm/cordoned-by"], runId, "no node is this run's");
}

async function cordoned(): Promise<string[]> {
  const { items } = await kube.get<V1NodeList>("list nodes", ["nodes"]);
  return items.filter(({ spec }) => spec?.unschedulable).map(({ metadata }) => metadata?.name ?? "");
}

const saysIn = (run: Run, part: string): boolean =>
  run.events.some((event) => event.type === "log" && event.line.includes(part));

async function until(run: Run, part: string): Promise<void> {
  const said = await poll(() => Promise.resolve(saysIn(run, part) || undefined), {
    everyMs: 100,
    forMs: 10 * MINUTES,
  });
  assert.ok(said, `the run says "${part}"`);
}

const jobOf = (result: WorkflowRunResult, name: string) => {
  const job = result.jobs.find((one) => one.name === name);
  assert.ok(job, `there is a job ${name}`);
  return job;
};

/** The whole of one cell: conclusions by act, clients and medic by the cluster, words by the annotations. */
async function assertCell(mode: Mode, medicIs: "on" | "off", accounts?: Accounts): Promise<void> {
  const seen: { namespace?: Promise<V1Namespace>; sets?: Promise<V1StatefulSetList> } = {};
  const timeout = medicIs === "on" ? "120" : String(WITHOUT_SECONDS);
  const run = dispatch(
    { mode, medic: String(medicIs === "on"), clients: String(CLIENTS), target: String(TARGET), timeout },
    (event) => {
      if (event.type === "job-completed" && event.job === "prepare")
        seen.namespace = kube.get<V1Namespace>("read it", ["namespace", run.namespace]);
      if (event.type === "step-started" && event.job === "client (0)" && event.step === "Test")
        seen.sets = kube.get<V1StatefulSetList>("read them", ["statefulsets", "-n", run.namespace]);
    },
    accounts,
  );
  const result = await run.done;
  const record = await readJson<BuildRecord>(recordPath(run.runId));
  assert.ok(record, "there is a record");
  const expected = expectationOf(mode, medicIs, "rehearsal");
  assertConclusions(result, expected, record);
  assertAnnotations(result, expected, record);
  const traffic = await medicTraffic(farm.auditLog ?? "", record);
  assert.deepEqual(differencesFrom(expected, { record, traffic }), [], JSON.stringify(record, undefined, 2));
  assert.deepEqual(await medic.rehearsalFailures(run.namespace), []);

  const summary = jobOf(result, "report").summary ?? "";
  assert.match(summary, new RegExp(`### Build ${run.runId}: mode ${mode}, medic ${medicIs}`));
  for (const client of [0, 1]) assert.match(summary, new RegExp(`^\\| ${client} `, "m"));
  assert.equal(/Medic on client 1/.test(summary), record.incidents.length > 0);

  assertLabels(run, medicIs, await seen.namespace, await seen.sets);
  await assertNothingLeft(run);
}

function assertConclusions(result: WorkflowRunResult, expected: Expectation, record: BuildRecord): void {
  const target = expected.target === "passed" ? "success" : "failure";
  assert.deepEqual(
    Object.fromEntries(result.jobs.map(({ name, conclusion }) => [name, conclusion])),
    {
      prepare: "success",
      "client (0)": "success",
      [`client (${TARGET})`]: target,
      report: "success",
      teardown: "success",
    },
    JSON.stringify(record, undefined, 2),
  );
  assert.equal(result.conclusion, target);
}

/** One, on the client that failed, and it says that this was the environment and why. */
function assertAnnotations(result: WorkflowRunResult, expected: Expectation, record: BuildRecord): void {
  const all = result.jobs.flatMap((job) => job.annotations.map((one) => ({ job: job.name, ...one })));
  if (expected.target === "passed") return assert.deepEqual(all, []);
  const { message = "", ...rest } = all[0] ?? {};
  assert.equal(all.length, 1, JSON.stringify(all));
  assert.deepEqual(rest, { job: `client (${TARGET})`, level: "failure", title: `client ${TARGET}` });
  if (expected.incidents !== "escalated")
    return assert.match(message, /^environment: its stack was not ready within \d+ s, so no test ran/);
  const cause = record.incidents[0]?.rootCause ?? "";
  assert.ok(cause.length > 10 && message.startsWith(`environment: ${cause.slice(0, 60)}`), message);
}

function assertLabels(
  run: Run,
  medicIs: "on" | "off",
  namespace: V1Namespace | undefined,
  sets: V1StatefulSetList | undefined,
): void {
  const { labels, annotations } = namespace?.metadata ?? {};
  assert.equal(labels?.["medic/run-id"], run.runId);
  assert.equal(labels?.["medic/watch"], String(medicIs === "on"));
  assert.equal(annotations?.["medic/build-url"], pageOf(run.runId));
  const started = sets?.items
    .filter(({ metadata }) => metadata?.labels?.["medic/tests"] === "started")
    .map(({ metadata }) => metadata?.name);
  for (const name of ["server-0", "db-0"]) assert.ok(started?.includes(name), `${name} is marked`);
}

const PAIRS = (["none", "misconfig", "chaos-unrecoverable"] as const).flatMap((mode) =>
  (["off", "on"] as const).map((medicIs) => [mode, medicIs] as const),
);

describe("the workflow, with act in place of GitHub's runner", { timeout: 20 * MINUTES }, () => {
  describe("side by side", { concurrency: 2, timeout: 15 * MINUTES }, () => {
    for (const [mode, medicIs] of PAIRS)
      test(`mode ${mode}, medic ${medicIs}, ends as expected for every client`, () =>
        assertCell(mode, medicIs, mode === "misconfig" && medicIs === "on" ? split : undefined));
  });

  for (const medicIs of ["off", "on"] as const)
    test(`mode chaos-recoverable, medic ${medicIs}, ends as expected, and no node stays cordoned`, async () => {
      await assertCell("chaos-recoverable", medicIs, medicIs === "on" ? split : undefined);
      assert.deepEqual(await cordoned(), []);
    });
});

describe("a run that does not come to its end", { timeout: 15 * MINUTES }, () => {
  const SMALL = { medic: "false", clients: "2", target: "0", timeout: "60" };

  test("cancelled in the middle it leaves no cordon and no namespace", async () => {
    const run = dispatch({ ...SMALL, mode: "chaos-recoverable" });
    await until(run, "fault in place");
    assert.ok((await cordoned()).length > 0, "the fault outlives its step");
    run.stop.abort();
    const result = await run.done;
    assert.equal(result.conclusion, "cancelled");
    assert.equal(jobOf(result, "client (0)").conclusion, "cancelled");
    assert.equal(jobOf(result, "teardown").conclusion, "success");
    assert.deepEqual(await cordoned(), []);
    await assertNothingLeft(run);
    const record = await readJson<BuildRecord>(recordPath(run.runId));
    assert.deepEqual(
      record?.clients.map(({ outcome }) => outcome),
      ["interrupted", "interrupted"],
    );
  });

  test("killed with its fault in place it is cleaned up by the next command", async () => {
    const run = dispatch({ ...SMALL, mode: "chaos-unrecoverable" });
    await until(run, "fault in place");
    const open = await readOpenBuild(run.runId);
    assert.ok(open?.holder !== undefined && (await isAlive(open.holder)), "a process holds the fault");
    assert.ok("pid" in open.owner);
    process.kill(open.owner.pid, "SIGKILL");
    await run.done;
    const gone = await poll(async () => ((await isAlive(open.holder!)) ? undefined : true), {
      everyMs: 200,
      forMs: 60_000,
    });
    assert.ok(gone, "the fault does not outlive its run");
    const healed = await healLeftovers(kube);
    assert.ok(
      healed.some((line) => line.includes(`build ${run.runId} had been killed`)),
      healed.join(),
    );
    await assertNothingLeft(run);
  });

  test("with inputs that GitHub would refuse it ends at once, and none of them reaches a shell", async () => {
    const trap = join(tmpdir(), `trap-${process.pid}`);
    const run = dispatch({
      mode: "none",
      medic: "false",
      clients: "2",
      seed: `1"; touch ${trap}; #$(touch ${trap})`,
    });
    const result = await run.done;
    assert.equal(result.conclusion, "failure");
    assert.equal(jobOf(result, "prepare").conclusion, "failure");
    assert.equal(jobOf(result, "client").conclusion, "skipped");
    assert.equal(jobOf(result, "teardown").conclusion, "success");
    assert.ok(saysIn(run, "--seed is a whole number"), "the reason is in the log");
    await assert.rejects(access(trap));
    await assertNothingLeft(run);
  });
});
