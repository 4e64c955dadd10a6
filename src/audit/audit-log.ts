import { mkdir, open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Audit, AuditEntry } from "../controllers/ports.ts";
import { createRedactor } from "../core/redact.ts";
import type { Redactor } from "../core/redact.ts";
import type { JsonObject } from "../core/json.ts";
import { MedicError } from "../lib/medic-error.ts";
import { genesis, seal, tornAction } from "./chain.ts";
import type { ChainHead } from "./chain.ts";
import { linesOf } from "./lines.ts";
import { lockFolder } from "./lock.ts";
import { ChainScan, isBreak } from "./scan.ts";

export interface AuditLog extends Audit {
  /** The newest record; note it down elsewhere to be able to show later that nothing newer was removed. */
  readonly head: ChainHead;
  /** Waits for appends under way and lets another process have the file. */
  close(): Promise<void>;
}

export interface AuditOptions {
  /** `audit.jsonl` stands in it; made when it is missing. */
  readonly dir: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly redactor?: Redactor;
  /** Gets every line after it is stored. */
  readonly mirror?: (line: string) => void;
}

export const auditFile = "audit.jsonl";

/**
 * Opens or continues the audit log of a folder. Rejects with a MedicError: AuditLocked when another process writes it,
 * AuditBroken when the chain in it does not hold, AuditUnwritable when it cannot be used.
 */
export async function openAudit(options: AuditOptions): Promise<AuditLog> {
  const path = join(options.dir, auditFile);
  await mkdir(options.dir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  const unlock = lockFolder(options.dir);
  try {
    const handle = await open(path, "a+", 0o600).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    const log = new FileAuditLog(options, { path, handle, unlock });
    await log.recover();
    return log;
  } catch (error) {
    unlock();
    throw error;
  }
}

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly unlock: () => void;
}

class FileAuditLog implements AuditLog {
  readonly #options: AuditOptions;
  readonly #file: OpenFile;
  readonly #redactor: Redactor;
  #head: ChainHead = { seq: 0, hash: genesis };
  /** Bytes of the file up to the end of the newest known record. */
  #size = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: AuditOptions, file: OpenFile) {
    this.#options = options;
    this.#file = file;
    this.#redactor = options.redactor ?? createRedactor();
  }

  get head(): ChainHead {
    return this.#head;
  }

  append(entry: AuditEntry): Promise<void> {
    const stored = this.#last.then(() => this.#append(entry));
    this.#last = stored.catch(() => {});
    return stored;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.handle.close();
    this.#file.unlock();
  }

  /**
   * Reads what stands behind the last known record: at start the whole file, later what a failed write left. Complete
   * records are taken over; text that a crash left unfinished stays where it is, and a record accounts for it.
   */
  async recover(): Promise<void> {
    const { path, handle } = this.#file;
    const scan = new ChainScan(this.#head);
    let end = this.#size;
    let unfinished = false;
    for await (const { bytes, complete } of linesOf(handle, end)) {
      const result = scan.next(bytes);
      if (isBreak(result)) {
        throw new MedicError(
          "AuditBroken",
          `${path} was changed (line ${scan.line}: ${result.why}); look at it with \`build-medic audit verify\`, then move it away to start a new one`,
          { retriable: false },
        );
      }
      end += bytes.length + (complete ? 1 : 0);
      unfinished = !complete;
    }
    const torn = scan.unaccounted();
    const newline = unfinished ? "\n" : "";
    if (torn !== undefined) await this.#store(tornEntry(torn), { head: scan.head, end, before: newline });
    else await this.#write(newline, { head: scan.head, end });
  }

  async #append(entry: AuditEntry): Promise<void> {
    await this.#check();
    const at = { head: this.#head, end: this.#size, before: "" };
    await this.#store(this.#redactor.json(entry) as JsonObject, at);
  }

  /** The file must be the one that was opened, and as long as it was left. */
  async #check(): Promise<void> {
    const { path, handle } = this.#file;
    const [own, there] = await Promise.all([handle.stat(), stat(path)]).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    if (own.ino !== there.ino || own.size < this.#size) {
      throw new MedicError(
        "AuditBroken",
        `${path} was moved, replaced or cut while in use; restart build-medic to start a new one`,
      );
    }
    if (own.size > this.#size) await this.recover();
  }

  async #store(body: JsonObject, at: { head: ChainHead; end: number; before: string }): Promise<void> {
    const { line, head } = seal(body, at.head, new Date(this.#options.now()).toISOString());
    await this.#write(`${at.before}${line}\n`, { head, end: at.end });
    this.#options.mirror?.(line);
  }

  /** Appends, waits for the disk, and only then takes the new head and size over. */
  async #write(text: string, after: { head: ChainHead; end: number }): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      if (bytes.length > 0) {
        await this.#file.handle.appendFile(bytes);
        await this.#file.handle.datasync();
      }
    } catch (error) {
      throw unwritable(this.#file.path, error);
    }
    this.#head = after.head;
    this.#size = after.end + bytes.length;
  }
}

function tornEntry(torn: { bytes: number; sha256: string }): JsonObject {
  return {
    run: "",
    namespace: "",
    client: "",
    incident: "",
    actor: "medic",
    action: tornAction,
    arguments: { bytes: torn.bytes, sha256: torn.sha256 },
    stage: "outcome",
    decision: { allowed: true, why: "the text before this record is no record: a write was cut off" },
  };
}

function unwritable(path: string, cause: unknown): MedicError {
  return new MedicError(
    "AuditUnwritable",
    `the audit record cannot be stored in ${path}, and nothing is done without it; free disk space or make the folder writable`,
    { cause },
  );
}
