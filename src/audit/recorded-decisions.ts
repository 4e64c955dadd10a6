import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../core/json.ts";
import { inShort } from "../core/recorded-decision.ts";
import type { RecordedDecision } from "../core/recorded-decision.ts";
import { fileName } from "./file-name.ts";

const mostShown = 20;

/** The newest decisions about an incident, oldest first; none when none is kept. */
export async function recordedDecisions(
  stateDir: string,
  incident: string,
): Promise<readonly RecordedDecision[]> {
  const folder = join(stateDir, "decisions");
  const stem = fileName(incident);
  const numbers = (await readdir(folder).catch(() => [])).flatMap((name) => {
    const [, of, number] = /^(.*)-(\d+)\.json$/.exec(name) ?? [];
    return of === stem ? [Number(number)] : [];
  });
  const files = numbers
    .sort((left, right) => left - right)
    .slice(-mostShown)
    .map((number) => `${stem}-${number}.json`);
  // One may be gone by now: the oldest are removed.
  const read = await Promise.all(
    files.map(async (file) =>
      inShort(file, parseJson(await readFile(join(folder, file), "utf8").catch(() => ""))),
    ),
  );
  return read.flatMap((decision) => decision ?? []);
}
