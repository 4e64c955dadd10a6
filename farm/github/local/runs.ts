import { relative } from "node:path";
import { messageOf } from "../../../src/lib/medic-error.ts";
import { ROOT } from "../../build/out-folder.ts";
import type { RunWorkflow, WorkflowEvent } from "../../workflow/workflow-run.ts";
import { afterCancel, afterEvent, afterFailedStart, afterResult } from "./run-record.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunStore } from "./run-store.ts";

interface NewRun {
  /** The workflow's file name, and its path. */
  readonly workflow: string;
  readonly path: string;
  readonly workflowName: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly sha: string;
}

/** Takes runs, has them executed a few at a time in order, and writes down what comes of them. */
export interface Runs {
  start(run: NewRun): RunRecord;
  /** Asks for it; false when the run has ended. */
  cancel(run: RunRecord): boolean;
  /** Cancels everything; resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface RunsOptions {
  readonly store: RunStore;
  readonly runWorkflow: RunWorkflow;
  readonly maxConcurrent: number;
  readonly now: () => number;
}

interface Waiting {
  readonly id: number;
  readonly path: string;
}

export function createRuns({ store, runWorkflow, maxConcurrent, now }: RunsOptions): Runs {
  const queue: Waiting[] = [];
  const underWay = new Map<number, { readonly stop: AbortController; readonly done: Promise<void> }>();

  function change(id: number, next: (run: RunRecord) => RunRecord): void {
    const run = store.get(id);
    if (run !== undefined) store.save(next(run));
  }

  function startNext(): void {
    while (underWay.size < maxConcurrent) {
      const next = queue.shift();
      if (next === undefined) return;
      const stop = new AbortController();
      const done = execute(next, stop.signal).finally(() => {
        underWay.delete(next.id);
        startNext();
      });
      underWay.set(next.id, { stop, done });
    }
  }

  async function execute({ id, path }: Waiting, signal: AbortSignal): Promise<void> {
    change(id, (run) => ({ ...run, status: "in_progress", startedAt: now(), updatedAt: now() }));
    try {
      const result = await runWorkflow({
        runId: id,
        runAttempt: 1,
        inputs: store.get(id)?.inputs ?? {},
        workflow: relative(ROOT, path),
        signal,
        onEvent: (event) => takeIn(id, event),
        logFile: store.logFile(id),
      });
      change(id, (run) => afterResult(run, result, now()));
    } catch (error) {
      change(id, (run) =>
        signal.aborted ? afterCancel(run, now()) : afterFailedStart(run, messageOf(error), now()),
      );
    }
  }

  function takeIn(id: number, event: WorkflowEvent): void {
    if (event.type !== "log") {
      change(id, (run) => afterEvent(run, event));
      return;
    }
    const index = store.get(id)?.jobs.findIndex(({ name }) => name === event.job) ?? -1;
    if (index >= 0) store.appendJobLog(id, index, `${new Date(event.at).toISOString()} ${event.line}`);
  }

  return {
    start: ({ path, ...run }) => {
      const newest = store.list()[0];
      const at = now();
      const record: RunRecord = {
        ...run,
        // As GitHub's: ever growing, and no two even when the folder was emptied in between.
        id: Math.max(Math.floor(at / 1000), (newest?.id ?? 0) + 1),
        number: (newest?.number ?? 0) + 1,
        status: "queued",
        createdAt: at,
        updatedAt: at,
        jobs: [],
      };
      store.save(record);
      queue.push({ id: record.id, path });
      startNext();
      return store.get(record.id) ?? record;
    },
    cancel: ({ id, status }) => {
      if (status === "completed") return false;
      const position = queue.findIndex((one) => one.id === id);
      if (position >= 0) {
        queue.splice(position, 1);
        change(id, (run) => afterCancel(run, now()));
      }
      underWay.get(id)?.stop.abort();
      return true;
    },
    close: async () => {
      for (const { id } of queue.splice(0)) change(id, (run) => afterCancel(run, now()));
      for (const { stop } of underWay.values()) stop.abort();
      await Promise.all([...underWay.values()].map(async ({ done }) => done));
    },
  };
}
