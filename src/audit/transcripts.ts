import { appendFileSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../core/json.ts";
import type { Json } from "../core/json.ts";
import type { Log } from "../controllers/ports.ts";
import { messageOf } from "../lib/medic-error.ts";
import { fileName } from "./file-name.ts";

/** The message logs of episodes: `episodes/<incident>.jsonl`, one message a line. */
export interface Transcripts {
  /** `redact` masks every message before it is stored or shown. Writing never throws. */
  open(incident: string, redact: (value: unknown) => unknown): Transcript;
  /** `undefined` when there is none; a line that was cut off is left out. */
  read(incident: string): Promise<readonly Json[] | undefined>;
}

interface Transcript {
  write(message: unknown): void;
}

/**
 * A disk that is full keeps no episode from going on: what it does to the cluster is in the audit log, without which
 * nothing is done, and every line goes to `mirror` as well.
 */
export function createTranscripts(options: {
  readonly dir: string;
  readonly log: Log;
  /** Gets every line, with the incident's name in it. */
  readonly mirror: (line: string) => void;
}): Transcripts {
  const folder = join(options.dir, "episodes");
  return {
    open(incident, redact) {
      const path = join(folder, `${fileName(incident)}.jsonl`);
      let told = false;
      return {
        write(message) {
          const masked = redact(message);
          options.mirror(JSON.stringify({ episode: incident, message: masked }));
          try {
            mkdirSync(folder, { recursive: true, mode: 0o700 });
            // In order and at once: a message that is written later may never be.
            appendFileSync(path, `${JSON.stringify(masked)}\n`, { mode: 0o600 });
          } catch (error) {
            if (!told)
              options.log.error("transcript cannot be stored", { incident, error: messageOf(error) });
            told = true;
          }
        },
      };
    },
    read: (incident) => readTranscript(folder, incident),
  };
}

/** The stored messages of an incident's episode, from a state folder's `episodes`. */
export async function readTranscript(folder: string, incident: string): Promise<readonly Json[] | undefined> {
  try {
    const text = await readFile(join(folder, `${fileName(incident)}.jsonl`), "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : (parseJson(line) ?? [])));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
