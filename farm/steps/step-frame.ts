import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interruptible } from "../build/interruption.ts";
import { openCluster, openFaultKube } from "../build/farm-access.ts";
import type { ClusterAccess } from "../build/farm-access.ts";
import { UsageError, openKube } from "../build/kube.ts";
import type { Kube } from "../build/kube.ts";
import { localRunner, podRunner } from "../build/runner.ts";
import type { Runner } from "../build/runner.ts";
import { withExitCode } from "../build/command-frame.ts";
import { report } from "./github-output.ts";
import { readStepBuild } from "./step-options.ts";
import type { StepBuild, StepFlags } from "./step-options.ts";

/** A step at work: the build it belongs to and the cluster that it is on. */
export interface Step extends StepBuild {
  readonly farm: ClusterAccess;
  /** Its commands end when the step is interrupted. */
  readonly kube: Kube;
  /** Never aborted: for what must not stay half done. */
  readonly steadyKube: Kube;
  /** The same as the account that may put faults in. */
  readonly faultKube: Kube;
  readonly signal: AbortSignal;
}

/** Content of the kubeconfig of the account that may put faults in; a secret of the workflow, which only some steps get. */
const FAULT_KUBECONFIG = "FARM_FAULT_KUBECONFIG";

/** The build that the flags and the environment name. */
export function stepBuild(flags: StepFlags): StepBuild {
  return readStepBuild(flags, process.env["KUBERNETES_SERVICE_HOST"] !== undefined);
}

/**
 * Runs a step on the farm; answers its exit code: 0, or 1 with one sentence, or 2 for wrong use. `onFailure` is told why it
 * failed, also when the farm could not be reached.
 */
export function runStep(
  build: () => StepBuild,
  work: (step: Step) => Promise<number>,
  onFailure: (why: string) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  return withExitCode(async () => {
    const known = build();
    try {
      return await interruptible((signal) => onFarm(known, signal, work), report);
    } catch (error) {
      if (error instanceof Error && !(error instanceof UsageError)) await onFailure(error.message);
      throw error;
    }
  }, report);
}

async function onFarm(
  known: StepBuild,
  signal: AbortSignal,
  work: (step: Step) => Promise<number>,
): Promise<number> {
  const faultAccount = await faultKubeconfig();
  try {
    const { kubeconfig } = known.options;
    const farm = await openCluster({ kubeconfig, faultKubeconfig: faultAccount?.file, report });
    return await work({
      ...known,
      farm,
      kube: openKube({ ...farm, signal }),
      steadyKube: openKube(farm),
      faultKube: openFaultKube(farm),
      signal,
    });
  } finally {
    if (faultAccount !== undefined) await rm(faultAccount.folder, { recursive: true, force: true });
  }
}

async function faultKubeconfig(): Promise<{ readonly folder: string; readonly file: string } | undefined> {
  const content = process.env[FAULT_KUBECONFIG];
  if (content === undefined || content === "") return undefined;
  // A folder of our own with a fresh name: nobody else can read it or has been there before.
  const folder = await mkdtemp(join(tmpdir(), "fault-account-"));
  const file = join(folder, "kubeconfig");
  await writeFile(file, content, { mode: 0o600 });
  return { folder, file };
}

/** Where a client's suite runs. */
export function runnerOf({ options, kube, namespace, farm, signal }: Step, client: number): Runner {
  return options.runner === "pod"
    ? podRunner(kube, { namespace, client })
    : localRunner(farm.suiteFolder, signal);
}
