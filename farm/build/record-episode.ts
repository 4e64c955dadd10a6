import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { cassetteOf } from "../rehearsal/record-cassette.ts";
import { FarmError } from "./kube.ts";
import type { MedicHandle } from "./medic-process.ts";
import type { BuildRecord } from "./record.ts";

/**
 * Writes the first episode of a build as a cassette. Throws `FarmError` when its transcript cannot be had. Not exercised
 * with real Claude by this project's tests.
 * @returns one sentence on what was written.
 */
export async function recordCassette(
  record: BuildRecord,
  { stateDir }: Pick<MedicHandle, "stateDir">,
  file: string,
): Promise<string> {
  const incident = record.incidents.find(({ turns }) => turns !== undefined);
  if (incident === undefined) return "no episode took place in this build: no cassette is written";
  if (stateDir === undefined) {
    throw new FarmError(
      "write the cassette: the medic is somebody else's, and so is the episode's transcript",
    );
  }
  const transcript = path.join(stateDir, "episodes", `${incident.incident}.jsonl`);
  const target = `server-${incident.client}`;
  const values = {
    namespace: record.namespace,
    run: record.runId,
    statefulset: target,
    pod: `${target}-0`,
  };
  try {
    const name = path.basename(file).replace(/\.ya?ml$/, "");
    const text = cassetteOf(await readFile(transcript, "utf8"), { name, reason: incident.reason, values });
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new FarmError(`write the cassette: ${error instanceof Error ? error.message : String(error)}`);
  }
  return `wrote the episode of client ${incident.client} as a cassette: ${file}`;
}
