import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Decisions, Log } from "../controllers/ports.ts";
import { createRedactor, numberedMask } from "../core/redact.ts";
import type { Json } from "../core/json.ts";
import { messageOf } from "../lib/medic-error.ts";
import { fileName } from "./file-name.ts";

/** Enough for weeks of trouble; a decision is some tens of kilobytes. */
const defaultMaxFiles = 1000;

/**
 * Keeps each decision as `decisions/<incident>-<n>.json`, the oldest ones removed beyond `maxFiles`. Secrets are masked
 * with numbers, so that what was equal or different still is, and the decision can be made again. A decision that cannot
 * be written is logged: it is a record for people, the audit log is the proof.
 */
export function createDecisions(options: {
  readonly dir: string;
  readonly log: Log;
  readonly now?: () => number;
  readonly maxFiles?: number;
  /** Exact values to mask wherever they stand. */
  readonly known?: readonly string[];
}): Decisions {
  const { log, known = [], maxFiles = defaultMaxFiles } = options;
  const folder = join(options.dir, "decisions");
  let kept: Promise<Kept> | undefined;
  let last: Promise<void> = Promise.resolve();

  async function store(incident: string, decision: unknown): Promise<void> {
    kept ??= readFolder(folder);
    const files = await kept;
    const stem = fileName(incident);
    const number = (files.numbers.get(stem) ?? 0) + 1;
    const name = `${stem}-${number}.json`;
    const path = join(folder, name);
    await writeFile(`${path}.tmp`, `${JSON.stringify(maskForReplay(decision, known), undefined, 1)}\n`, {
      mode: 0o600,
    });
    await rename(`${path}.tmp`, path);
    files.numbers.set(stem, number);
    files.names.push(name);
    while (files.names.length > maxFiles) await rm(join(folder, files.names.shift() ?? ""), { force: true });
  }

  return {
    record(incident, decision) {
      last = last
        .then(() => store(incident, decision))
        .catch((error: unknown) => {
          // Look at the folder again: it may have been removed.
          kept = undefined;
          log.warn("decision not recorded", { incident, error: messageOf(error) });
        });
      return last;
    },
  };
}

interface Kept {
  /** Oldest first. */
  readonly names: string[];
  /** The highest number used, by file name without it. */
  readonly numbers: Map<string, number>;
}

async function readFolder(folder: string): Promise<Kept> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const aged: { name: string; at: number }[] = [];
  for (const name of found) aged.push({ name, at: (await stat(join(folder, name))).mtimeMs });
  aged.sort(
    (left, right) => left.at - right.at || left.name.localeCompare(right.name, "en", { numeric: true }),
  );
  const numbers = new Map<string, number>();
  for (const name of found) {
    const [, stem, number] = /^(.*)-(\d+)\.json$/.exec(name) ?? [];
    if (stem !== undefined) numbers.set(stem, Math.max(numbers.get(stem) ?? 0, Number(number)));
  }
  return { names: aged.map(({ name }) => name), numbers };
}

/** First the secrets are found by their names, then they are masked wherever they stand, also in the sentences about them. */
function maskForReplay(decision: unknown, known: readonly string[]): Json {
  const secrets = new Set(known);
  createRedactor({
    mask: (secret) => {
      secrets.add(secret);
      return "[masked]";
    },
  }).json(decision);
  return createRedactor({ known: [...secrets], mask: numberedMask() }).json(decision);
}
