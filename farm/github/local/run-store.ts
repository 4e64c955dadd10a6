import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterCancel } from "./run-record.ts";
import type { RunRecord } from "./run-record.ts";

/** The runs of this local GitHub, on disk: a folder each, so that they outlive the process. */
export interface RunStore {
  /** Newest first. */
  list(): readonly RunRecord[];
  get(id: number): RunRecord | undefined;
  save(run: RunRecord): void;
  /** Where everything that the run's executor says goes. */
  logFile(runId: number): string;
  appendJobLog(runId: number, jobIndex: number, line: string): void;
  jobLog(runId: number, jobIndex: number): string;
}

const KEPT = 200;

/**
 * Opens the folder. A run that was under way when its server died is cancelled now: nobody works on it, and it must not
 * look as if. Only the newest ones are kept.
 */
export function openRunStore(folder: string, now: number): RunStore {
  mkdirSync(folder, { recursive: true });
  const runs = new Map<number, RunRecord>();
  const store: RunStore = {
    list: () => [...runs.values()].sort((left, right) => right.id - left.id),
    get: (id) => runs.get(id),
    save: (run) => {
      runs.set(run.id, run);
      const home = join(folder, String(run.id));
      mkdirSync(home, { recursive: true });
      const draft = join(home, "run.json.part");
      writeFileSync(draft, `${JSON.stringify(run, undefined, 2)}\n`);
      renameSync(draft, join(home, "run.json"));
    },
    logFile: (runId) => join(folder, String(runId), "run.log"),
    appendJobLog: (runId, jobIndex, line) => appendFileSync(jobLogFile(runId, jobIndex), `${line}\n`),
    jobLog: (runId, jobIndex) => readText(jobLogFile(runId, jobIndex)) ?? "",
  };

  function jobLogFile(runId: number, jobIndex: number): string {
    return join(folder, String(runId), `job-${jobIndex + 1}.log`);
  }

  for (const run of readRuns(folder)) runs.set(run.id, run);
  for (const run of store.list().slice(KEPT)) {
    rmSync(join(folder, String(run.id)), { recursive: true, force: true });
    runs.delete(run.id);
  }
  for (const run of store.list()) if (run.status !== "completed") store.save(afterCancel(run, now));
  return store;
}

/** What cannot be read is no run: a folder made a moment before a crash, or somebody else's. */
function readRuns(folder: string): readonly RunRecord[] {
  return readdirSync(folder)
    .filter((name) => /^\d{1,15}$/.test(name))
    .flatMap((name) => {
      const run = parse(readText(join(folder, name, "run.json")) ?? "");
      return run !== undefined && run.id === Number(name) ? [run] : [];
    });
}

function parse(text: string): RunRecord | undefined {
  try {
    return JSON.parse(text) as RunRecord;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
