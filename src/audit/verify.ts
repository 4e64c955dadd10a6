import { open } from "node:fs/promises";
import { parseRecord } from "./chain.ts";
import type { AuditRecord } from "./chain.ts";
import { linesOf } from "./lines.ts";
import type { Line } from "./lines.ts";
import { ChainScan, isBreak } from "./scan.ts";
import type { Break } from "./scan.ts";

/** What was noted down elsewhere, earlier. */
export interface Expectation {
  /** The file must have at least this many records. */
  readonly seq?: number;
  /** The file must have the record with this hash. */
  readonly hash?: string;
}

export type Verdict =
  | {
      readonly intact: true;
      readonly records: number;
      /** Records by stage. */
      readonly stages: Readonly<Record<string, number>>;
      /** Unfinished texts that a record accounts for. */
      readonly torn: number;
      readonly first: string | undefined;
      readonly last: string | undefined;
      readonly seq: number;
      readonly hash: string;
    }
  | ({ readonly intact: false; readonly records: number } & Break);

/** Checks a file's chain; `undefined` when it is no audit file. Rejects when it cannot be read. */
export async function verifyFile(path: string, expected: Expectation = {}): Promise<Verdict | undefined> {
  const handle = await open(path, "r");
  try {
    return await verifyAudit(linesOf(handle, 0), expected);
  } finally {
    await handle.close();
  }
}

/** Checks a chain from its first record; `undefined` when there is text but not one record in it. */
export async function verifyAudit(
  lines: AsyncIterable<Line>,
  expected: Expectation = {},
): Promise<Verdict | undefined> {
  const followed = await follow(lines, new Tally(expected.hash));
  const { scan, tally, broken } = followed;
  const cut = broken?.damage === "truncated" || (broken === undefined && scan.line > 0);
  if (scan.records === 0 && cut) return undefined;
  const found = explained(followed) ?? leftOver(scan) ?? unexpected(scan, expected, tally.found);
  if (found !== undefined) return { intact: false, records: scan.records, ...found };
  const { stages, first, last } = tally;
  return { intact: true, records: scan.records, stages, torn: scan.torn, first, last, ...scan.head };
}

interface Followed {
  readonly scan: ChainScan;
  readonly tally: Tally;
  readonly broken: Break | undefined;
  /** The numbers of the records behind the break. */
  readonly later: ReadonlySet<number>;
}

async function follow(lines: AsyncIterable<Line>, tally: Tally): Promise<Followed> {
  const scan = new ChainScan();
  const later = new Set<number>();
  let broken: Break | undefined;
  for await (const line of lines) {
    if (broken !== undefined) {
      later.add(parseRecord(new TextDecoder().decode(line.bytes))?.seq ?? 0);
      continue;
    }
    const result = line.complete ? scan.next(line.bytes) : cutOff(scan.line + 1);
    if (isBreak(result)) broken = result;
    else if (result !== undefined) tally.add(result);
  }
  return { scan, tally, broken, later };
}

class Tally {
  readonly stages: Record<string, number> = {};
  first: string | undefined;
  last: string | undefined;
  /** Whether the expected hash was met. */
  found: boolean;
  readonly #hash: string | undefined;

  constructor(hash: string | undefined) {
    this.#hash = hash;
    this.found = hash === undefined;
  }

  add(record: AuditRecord): void {
    const stage = typeof record["stage"] === "string" ? record["stage"] : "other";
    this.stages[stage] = (this.stages[stage] ?? 0) + 1;
    this.first ??= record.time;
    this.last = record.time;
    this.found ||= record.hash === this.#hash;
  }
}

function cutOff(line: number): Break {
  return {
    line,
    damage: "truncated",
    why: "it is cut off: a write under way, or a crash that the next start accounts for",
  };
}

/** A record that is missing here but comes later was moved. */
function explained({ scan, broken, later }: Followed): Break | undefined {
  const missing = scan.head.seq + 1;
  if (broken?.damage !== "removed" || !later.has(missing)) return broken;
  return { ...broken, damage: "reordered", why: `record ${missing} belongs here and comes later` };
}

function leftOver(scan: ChainScan): Break | undefined {
  const waiting = scan.unaccounted();
  return (
    waiting && {
      line: waiting.line,
      damage: "unaccounted",
      why: "it is no audit record, and no record accounts for it",
    }
  );
}

function unexpected(scan: ChainScan, { seq, hash }: Expectation, found: boolean): Break | undefined {
  const line = scan.line + 1;
  if (seq !== undefined && scan.head.seq < seq) {
    return {
      line,
      damage: "truncated",
      why: `the file ends with record ${scan.head.seq}, but record ${seq} existed`,
    };
  }
  return found
    ? undefined
    : {
        line,
        damage: "replaced",
        why: `no record has the hash ${hash}: the newest records were removed or the file was written anew`,
      };
}
