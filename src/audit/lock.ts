import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { MedicError, messageOf } from "../lib/medic-error.ts";

/**
 * Takes the folder for this process alone; returns what gives it back. It is SQLite's file lock: the kernel frees it
 * however the process ends, in any container, so there is no stale lock to clear and no pid to guess about.
 * Rejects with a MedicError when another process has it.
 */
export function lockFolder(dir: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dir, "audit.lock"), { timeout: 0 });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (/locked/.test(messageOf(error))) {
      throw new MedicError(
        "AuditLocked",
        `another build-medic is writing the audit log in ${dir}; stop it, or give this one a folder of its own with --state-dir`,
        { retriable: false },
      );
    }
    throw new MedicError(
      "AuditUnwritable",
      `the audit log in ${dir} cannot be locked; make the folder writable or name another one with --state-dir`,
      { cause: error, retriable: false },
    );
  }
  const held = database;
  return () => held.close();
}
