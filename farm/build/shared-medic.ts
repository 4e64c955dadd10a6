import { rm } from "node:fs/promises";
import path from "node:path";
import type { Model } from "./expectations.ts";
import { medicFolder } from "./farm-folder.ts";
import { takeLock } from "./file-lock.ts";
import { readJson, writeJson } from "./out-folder.ts";
import { endProcess } from "./owner.ts";
import type { Owner } from "./owner.ts";
import type { RehearsalProcess } from "./rehearsal-process.ts";

/** The medic that builds started, as it stands on disk, with the rehearsal that it asks where there is one. */
export interface SharedMedic {
  readonly owner: Owner;
  readonly url: string;
  readonly clusterUid: string;
  readonly log: string;
  readonly model: Model;
  readonly rehearsal?: RehearsalProcess;
}

export function sharedMedicPath(): string {
  return path.join(medicFolder(), "medic.json");
}

export function readSharedMedic(): Promise<SharedMedic | undefined> {
  return readJson<SharedMedic>(sharedMedicPath());
}

export async function saveSharedMedic(shared: SharedMedic): Promise<void> {
  await writeJson(sharedMedicPath(), shared);
}

/** Ends it, then its rehearsal: a medic never meets a model that has gone before it. */
export async function endSharedMedic(): Promise<void> {
  const shared = await readSharedMedic();
  if (shared) await endProcess(shared.owner);
  if (shared?.rehearsal) await endProcess(shared.rehearsal.owner);
  await rm(sharedMedicPath(), { force: true });
}

/** For `farm down`: ends it whoever still uses it, for its cluster goes away. */
export async function endMedicOfFarm(): Promise<void> {
  if ((await readSharedMedic()) !== undefined) await withMedicLock(endSharedMedic);
}

/** One process at a time starts or ends the shared medic. */
export async function withMedicLock<T>(work: () => Promise<T>): Promise<T> {
  const release = await takeLock(path.join(medicFolder(), "medic.lock"));
  try {
    return await work();
  } finally {
    await release();
  }
}
