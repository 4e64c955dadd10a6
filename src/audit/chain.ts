import { createHash } from "node:crypto";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";

/** The format, in every record; also tells audit records from log lines on standard output. */
const format = "v1";
/** The `prev` of the first record. */
export const genesis = "0".repeat(64);
/** The action of a record that accounts for text which a crash left unfinished. */
export const tornAction = "torn-line-found";

/** One record as stored: `hash` is the SHA-256 of its canonical JSON without `hash`, and `prev` the one before. */
export interface AuditRecord extends JsonObject {
  readonly audit: string;
  readonly seq: number;
  readonly time: string;
  readonly prev: string;
  readonly hash: string;
}

/** Where the chain stands. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The line of a new record, without its newline, and the head after it. */
export function seal(
  body: JsonObject,
  head: ChainHead,
  time: string,
): { readonly line: string; readonly head: ChainHead } {
  const seq = head.seq + 1;
  const unhashed = { audit: format, seq, time, prev: head.hash, ...body };
  const hash = hashOf(unhashed);
  return { line: JSON.stringify({ ...unhashed, hash }), head: { seq, hash } };
}

/** A line as a record, or `undefined` when it is none; only the exact text that `seal` would write counts. */
export function parseRecord(line: string): AuditRecord | undefined {
  const value = parseJson(line);
  if (!isJsonObject(value) || value["audit"] !== format || typeof value["seq"] !== "number") return undefined;
  if (
    typeof value["prev"] !== "string" ||
    typeof value["hash"] !== "string" ||
    typeof value["time"] !== "string"
  )
    return undefined;
  return value as AuditRecord;
}

/** True when the record is the very text that was hashed: duplicate keys or other spellings do not pass. */
export function isUnchanged(line: string, record: AuditRecord): boolean {
  const { hash, ...unhashed } = record;
  return hashOf(unhashed) === hash && JSON.stringify(record) === line;
}

function hashOf(unhashed: JsonObject): string {
  return sha256(canonical(unhashed));
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** JSON without white space, keys sorted by UTF-16 code units. */
function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}
