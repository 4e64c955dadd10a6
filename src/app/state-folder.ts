import { createHash } from "node:crypto";
import { resolve } from "node:path";

/** Twelve hex digits that stand for a state folder: short, and the same again after a restart on it. */
export function stateFolderId(stateDir: string): string {
  return createHash("sha256").update(resolve(stateDir)).digest("hex").slice(0, 12);
}
