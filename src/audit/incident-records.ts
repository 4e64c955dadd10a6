import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import { auditFile } from "./audit-log.ts";
import { linesOf } from "./lines.ts";

export interface IncidentRecords {
  /** The newest records of one incident, oldest first; none when there is no log. */
  of(incident: string): Promise<readonly JsonObject[]>;
}

const mostShown = 500;

interface Span {
  readonly at: number;
  readonly length: number;
}

/**
 * Finds the audit records of an incident. Where each record stands is remembered, so that asking again reads only what was
 * added. It checks nothing: `audit verify` does.
 */
export function createIncidentRecords(dir: string): IncidentRecords {
  const path = join(dir, auditFile);
  let file: { readonly inode: number; end: number; readonly spans: Map<string, Span[]> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function catchUp(handle: FileHandle): Promise<ReadonlyMap<string, readonly Span[]>> {
    const { ino, size } = await handle.stat();
    if (file === undefined || file.inode !== ino || size < file.end)
      file = { inode: ino, end: 0, spans: new Map() };
    for await (const { bytes, complete } of linesOf(handle, file.end)) {
      if (!complete) break;
      const record = recordOf(bytes);
      const incident = record?.["incident"];
      if (typeof incident === "string" && incident !== "") {
        const spans = file.spans.get(incident) ?? [];
        spans.push({ at: file.end, length: bytes.length });
        file.spans.set(incident, spans);
      }
      file.end += bytes.length + 1;
    }
    return file.spans;
  }

  async function read(incident: string): Promise<readonly JsonObject[]> {
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (handle === undefined) return [];
    try {
      const spans = (await catchUp(handle)).get(incident) ?? [];
      const records: JsonObject[] = [];
      for (const { at, length } of spans.slice(-mostShown)) {
        const { buffer } = await handle.read(Buffer.alloc(length), 0, length, at);
        const record = recordOf(buffer);
        if (record !== undefined) records.push(record);
      }
      return records;
    } finally {
      await handle.close();
    }
  }

  return {
    of(incident) {
      const found = last.then(() => read(incident));
      last = found.catch(() => {});
      return found;
    },
  };
}

function recordOf(bytes: Uint8Array): JsonObject | undefined {
  const record = parseJson(new TextDecoder().decode(bytes));
  return isJsonObject(record) && record["audit"] === "v1" ? record : undefined;
}
