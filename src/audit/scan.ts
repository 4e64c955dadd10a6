import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { isJsonObject } from "../core/json.ts";
import { genesis, isUnchanged, parseRecord, tornAction } from "./chain.ts";
import type { AuditRecord, ChainHead } from "./chain.ts";

/** What kind of change the chain shows. */
type Damage = "edited" | "removed" | "reordered" | "inserted" | "truncated" | "replaced" | "unaccounted";

/** The first place where the chain does not hold. */
export interface Break {
  readonly line: number;
  readonly damage: Damage;
  readonly why: string;
}

/** Text that is no record, waiting for the record that accounts for it. */
interface Unaccounted {
  readonly line: number;
  readonly hash: Hash;
  bytes: number;
}

/** Follows a chain line by line. Text that is no record is fine only when the very next record accounts for it. */
export class ChainScan {
  head: ChainHead;
  line = 0;
  records = 0;
  torn = 0;
  #unaccounted: Unaccounted | undefined;

  constructor(head: ChainHead = { seq: 0, hash: genesis }) {
    this.head = head;
  }

  /** Takes the next complete line (without its newline): its record, `undefined` for other text, or where the chain breaks. */
  next(bytes: Uint8Array): AuditRecord | undefined | Break {
    this.line += 1;
    const text = new TextDecoder().decode(bytes);
    const record = parseRecord(text);
    if (record === undefined) {
      this.#setAside(bytes);
      return undefined;
    }
    const found = this.#judge(text, record);
    if (found !== undefined) return found;
    this.head = { seq: record.seq, hash: record.hash };
    this.records += 1;
    if (this.#unaccounted !== undefined) this.torn += 1;
    this.#unaccounted = undefined;
    return record;
  }

  /** What no record accounts for yet: which line, how many bytes, and their SHA-256. */
  unaccounted(): { readonly line: number; readonly bytes: number; readonly sha256: string } | undefined {
    const waiting = this.#unaccounted;
    return waiting && { line: waiting.line, bytes: waiting.bytes, sha256: waiting.hash.copy().digest("hex") };
  }

  #setAside(bytes: Uint8Array): void {
    this.#unaccounted ??= { line: this.line, hash: createHash("sha256"), bytes: 0 };
    this.#unaccounted.hash.update(bytes).update("\n");
    this.#unaccounted.bytes += bytes.length + 1;
  }

  #judge(text: string, record: AuditRecord): Break | undefined {
    const { line, head } = this;
    if (!isUnchanged(text, record))
      return { line, damage: "edited", why: "its content does not match its own hash" };
    if (record.seq > head.seq + 1) {
      const missing =
        record.seq === head.seq + 2
          ? `record ${head.seq + 1} is`
          : `records ${head.seq + 1} to ${record.seq - 1} are`;
      return { line, damage: "removed", why: `${missing} not before it` };
    }
    if (record.seq <= head.seq) {
      return { line, damage: "inserted", why: `record ${record.seq} comes again after record ${head.seq}` };
    }
    if (record.prev !== head.hash) {
      return {
        line,
        damage: "replaced",
        why: `it was not written after the record that stands before it (${head.seq})`,
      };
    }
    return this.#judgeTorn(record);
  }

  #judgeTorn(record: AuditRecord): Break | undefined {
    const waiting = this.unaccounted();
    const accounted = accountOf(record);
    if (waiting === undefined) {
      return accounted === undefined
        ? undefined
        : { line: this.line, damage: "removed", why: "the unfinished text that it accounts for is gone" };
    }
    if (accounted?.bytes === waiting.bytes && accounted.sha256 === waiting.sha256) return undefined;
    return {
      line: waiting.line,
      damage: "unaccounted",
      why: "it is no audit record, and the next record does not account for it",
    };
  }
}

export function isBreak(result: AuditRecord | Break | undefined): result is Break {
  return result !== undefined && "damage" in result;
}

function accountOf(record: AuditRecord): { readonly bytes: unknown; readonly sha256: unknown } | undefined {
  const { action, arguments: given } = record;
  return action === tornAction && isJsonObject(given)
    ? { bytes: given["bytes"], sha256: given["sha256"] }
    : undefined;
}
