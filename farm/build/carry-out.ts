import { relative } from "node:path";
import { openFarm } from "./farm-access.ts";
import type { FarmAccess } from "./farm-access.ts";
import { openKube } from "./kube.ts";
import { healLeftovers } from "./leftovers.ts";
import { joinMedic } from "./medic-process.ts";
import type { Model } from "./expectations.ts";
import { recordCassette } from "./record-episode.ts";
import type { BuildOptions } from "./options.ts";
import type { BuildRecord } from "./record.ts";
import { runBuild } from "./run-build.ts";
import { newRunId } from "./run-id.ts";

export interface CarryOut {
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
  /** What tier 2 is to be. */
  readonly model: Model;
  /** Where to write the build's first episode as a cassette. */
  readonly cassetteFile?: string | undefined;
}

/** Opens the farm for builds: it answers, its images are there, and killed builds have been cleaned up. */
export async function openFarmForBuilds(
  kubeconfig: string | undefined,
  report: (line: string) => void,
): Promise<FarmAccess> {
  const farm = await openFarm({ kubeconfig, report });
  for (const line of await healLeftovers(openKube(farm))) report(line);
  return farm;
}

/** One build with everything around it: with the medic on, there is one before the build begins and until it is gone. */
export async function carryOut(farm: FarmAccess, options: BuildOptions, how: CarryOut): Promise<BuildRecord> {
  const runId = newRunId(Date.now());
  if (!options.medic) return runBuild(options, { farm, runId, ...how });
  const { clusterUid } = farm;
  const { report, model, cassetteFile } = how;
  const medic = await joinMedic({ kube: openKube(farm), runId, clusterUid, model, report });
  report(
    medic.started
      ? `medic at ${medic.url}, its log in ${relative(process.cwd(), medic.log ?? "")}`
      : `the medic at ${medic.url} is running`,
  );
  try {
    const record = await runBuild(options, { farm, runId, medic, ...how });
    if (cassetteFile !== undefined) report(await recordCassette(record, medic, cassetteFile));
    return record;
  } finally {
    await medic.leave();
  }
}
