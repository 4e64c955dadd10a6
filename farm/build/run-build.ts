import { buildRecord } from "./build-record.ts";
import type { Build } from "./build.ts";
import { runClient } from "./client.ts";
import type { FarmAccess } from "./farm-access.ts";
import { enterFarm } from "./farm-gate.ts";
import { FaultPlan } from "./fault-plan.ts";
import { medicRecord, settledIncidents } from "./incidents.ts";
import { openKube } from "./kube.ts";
import { healLeftovers } from "./leftovers.ts";
import type { Kube } from "./kube.ts";
import type { MedicHandle } from "./medic-process.ts";
import { createNamespace, deleteNamespace, namespaceOf } from "./namespace.ts";
import { dropOpenBuild, saveOpenBuild } from "./open-builds.ts";
import type { OpenBuild } from "./open-builds.ts";
import type { BuildOptions } from "./options.ts";
import { thisOwner } from "./owner.ts";
import type { BuildRecord, ClientRecord, MedicRecord } from "./record.ts";
import { saveRecord } from "./record.ts";
import { createRunnerPods, localRunner, podRunner } from "./runner.ts";
import type { Runner } from "./runner.ts";

export interface BuildContext {
  readonly farm: FarmAccess;
  readonly runId: string;
  readonly signal: AbortSignal;
  /** The medic that looks after the build; absent for a build without. */
  readonly medic?: Pick<MedicHandle, "model" | "rehearsalFailures">;
  /** One line of progress for people, with the time since the build's start already in it. */
  readonly report: (line: string) => void;
}

const SETTLE_LIMIT_MS = 20_000;

/**
 * One build from an empty namespace to none: every client in parallel, the fault in the target's stack, the record on
 * disk. Whatever happens, nodes are uncordoned, faults healed and the namespace removed. The medic is the caller's.
 */
export async function runBuild(options: BuildOptions, context: BuildContext): Promise<BuildRecord> {
  const begin = Date.now();
  const { runId } = context;
  const report = (line: string): void => {
    context.report(`${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const steady = openKube(context.farm);
  const open = await openBuild(runId, options, context.farm);
  let leaveFarm: () => Promise<void> = () => Promise.resolve();
  const faults = new FaultPlan({
    options,
    runId,
    namespace: open.namespace,
    kube: steady,
    rememberCordon: (cordoned) => saveOpenBuild({ ...open, cordoned }),
    report,
    signal: context.signal,
  });
  const build: Build = {
    options,
    runId,
    namespace: open.namespace,
    kube: openKube({ ...context.farm, signal: context.signal }),
    chart: context.farm.chart,
    chartValues: context.farm.chartValues,
    faults,
    report,
    signal: context.signal,
  };
  const problems: string[] = [];
  let clients: readonly ClientRecord[] = [];
  let incidents: readonly MedicRecord[] = [];
  const attempt = attempting(problems);
  try {
    await attempt(async () => {
      leaveFarm = await enterFarm(open, options.fault === "cordon", { report, signal: context.signal });
      // A build that was killed while this one waited for it has left its cordon.
      for (const line of await healLeftovers(steady)) report(line);
      report(`build ${runId} in namespace ${open.namespace}`);
      await createNamespace(build.kube, { runId, watched: options.medic });
      clients = await runClients(build, context.farm);
    });
    // Also without the medic: that there are none is an answer, too.
    if (clients.length > 0 && !context.signal.aborted) {
      await attempt(async () => {
        incidents = (await settledIncidents(steady, open.namespace, SETTLE_LIMIT_MS)).map(medicRecord);
        // A rehearsal that did not find what it rests on proves nothing, whatever came of the build.
        problems.push(...((await context.medic?.rehearsalFailures(open.namespace)) ?? []));
      });
    }
  } finally {
    const before = problems.length;
    await attempt(() => faults.heal());
    await attempt(() => tearDown(steady, open, report));
    // What could not be cleaned up now stays on record, for the next command to try again.
    if (problems.length === before) await dropOpenBuild(runId);
    await leaveFarm();
  }
  const { namespace } = open;
  const model = context.medic?.model;
  const fault = faults.record;
  const record = buildRecord({
    options,
    runId,
    namespace,
    begin,
    clients,
    incidents,
    problems,
    fault,
    model,
  });
  await saveRecord(record);
  return record;
}

async function openBuild(runId: string, options: BuildOptions, farm: FarmAccess): Promise<OpenBuild> {
  return {
    runId,
    namespace: namespaceOf(runId),
    owner: await thisOwner(),
    kubeconfig: farm.kubeconfig,
    clusterUid: farm.clusterUid,
    cordoned: [],
    keep: options.keep,
  };
}

async function runClients(build: Build, farm: FarmAccess): Promise<ClientRecord[]> {
  const clients = Array.from({ length: build.options.clients }, (_, client) => client);
  const { namespace } = build;
  if (build.options.runner === "pod") {
    await createRunnerPods(
      build.kube,
      clients.map((client) => ({ namespace, client, image: farm.suiteImage })),
    );
  }
  const runner = (client: number): Runner =>
    build.options.runner === "pod"
      ? podRunner(build.kube, { namespace, client })
      : localRunner(farm.suiteFolder, build.signal);
  return Promise.all(clients.map((client) => runClient(build, client, runner(client))));
}

/** Runs a step; what it throws becomes a problem of the build instead of its end. */
function attempting(problems: string[]): (step: () => Promise<void>) => Promise<void> {
  return async (step) => {
    try {
      await step();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  };
}

async function tearDown(kube: Kube, open: OpenBuild, report: (line: string) => void): Promise<void> {
  if (open.keep) {
    report(`kept namespace ${open.namespace}; remove it with: kubectl delete namespace ${open.namespace}`);
  } else {
    report(`removing namespace ${open.namespace}`);
    await deleteNamespace(kube, open.namespace);
  }
}
