import { cordonLockPath, openBuildsFolder } from "./farm-folder.ts";
import { isLockHeld, takeLock } from "./file-lock.ts";
import { FarmError } from "./kube.ts";
import { listOpenBuilds, saveOpenBuild } from "./open-builds.ts";
import type { OpenBuild } from "./open-builds.ts";
import { isAtWork } from "./owner.ts";
import { sleep } from "./sleep.ts";

export interface GateWait {
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Where the gate keeps its lock and the records of builds; tests have their own. */
export interface GateFiles {
  readonly lock: string;
  readonly builds: string;
}

const RETRY_MS = 500;

/**
 * Lets a build in. Any number of builds share the farm, but one that cordons every node has it to itself: a cordon would
 * hit the others' pods as well, and two would each undo half of the other's. Saves the build's record. Throws
 * `FarmError` when the wait is interrupted.
 * @returns lets the next one in; the record is the caller's to drop.
 */
export async function enterFarm(
  build: OpenBuild,
  alone: boolean,
  wait: GateWait,
  files: GateFiles = { lock: cordonLockPath(), builds: openBuildsFolder() },
): Promise<() => Promise<void>> {
  if (alone) return enterAlone(build, wait, files);
  await enterShared(build, wait, files);
  return () => Promise.resolve();
}

async function enterAlone(build: OpenBuild, wait: GateWait, files: GateFiles): Promise<() => Promise<void>> {
  const onWait = (): void => wait.report("waiting: another build has all nodes cordoned");
  const release = await takeLock(files.lock, { onWait, signal: wait.signal, owner: build.owner });
  try {
    // From here on nobody else comes in; those inside finish first.
    await until(async () => (await othersInside(build, files)).length === 0, {
      ...wait,
      why: "waiting: this build cordons every node, so the builds under way end first",
    });
    await saveOpenBuild(build, files.builds);
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

async function enterShared(build: OpenBuild, wait: GateWait, files: GateFiles): Promise<void> {
  const why = "waiting: another build has all nodes cordoned";
  for (;;) {
    await until(async () => !(await isLockHeld(files.lock)), { ...wait, why });
    // Inside first, then look again: whoever took the lock in between sees this record, or is seen here.
    await saveOpenBuild(build, files.builds);
    if (!(await isLockHeld(files.lock))) return;
    await saveOpenBuild({ ...build, waiting: true }, files.builds);
  }
}

async function othersInside(build: OpenBuild, files: GateFiles): Promise<OpenBuild[]> {
  const others = (await listOpenBuilds(files.builds)).filter(
    (one) => one.runId !== build.runId && one.clusterUid === build.clusterUid && one.waiting !== true,
  );
  const alive = await Promise.all(others.map((one) => isAtWork(one.owner)));
  return others.filter((_, index) => alive[index]);
}

async function until(ask: () => Promise<boolean>, wait: GateWait & { readonly why: string }): Promise<void> {
  let said = false;
  while (!(await ask())) {
    if (wait.signal.aborted) throw new FarmError(`${wait.why}: interrupted`);
    if (!said) wait.report(wait.why);
    said = true;
    await sleep(RETRY_MS, wait.signal);
  }
}
