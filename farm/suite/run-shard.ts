import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "node:test";
import type { Shard } from "./shard.ts";
import { filesOfShard } from "./shard.ts";

interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface Summary {
  readonly shard: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

export interface RunOptions {
  /** The folder with the slices, files named *.spec.ts. */
  readonly folder: string;
  readonly shard: Shard;
  readonly onTest: (test: { readonly name: string; readonly passed: boolean; readonly ms: number }) => void;
}

/** Runs one shard's tests in this process. Throws a RangeError when the shard has no file. */
export async function runShard({ folder, shard, onTest }: RunOptions): Promise<Summary> {
  const all = (await readdir(folder)).filter((name) => name.endsWith(".spec.ts"));
  const files = filesOfShard(all, shard).map((name) => join(folder, name));
  if (files.length === 0) {
    throw new RangeError(
      `shard ${shard.index}/${shard.total} has no tests: there are only ${all.length} slices`,
    );
  }
  const started = performance.now();
  const failures: Failure[] = [];
  let passed = 0;
  // Where in the nested suites the run is; events come in the order of the files.
  const path: string[] = [];
  const finished = (test: TestEnd, ok: boolean) => {
    if (test.details.type === "suite" && !failedItself(test, ok)) return;
    const name = [...path.slice(0, test.nesting), test.name].join(" > ");
    if (ok) passed += 1;
    else failures.push({ name, message: reasonOf(test.details.error) });
    onTest({ name, passed: ok, ms: Math.round(test.details.duration_ms) });
  };

  const stream = run({ files, isolation: "none" });
  stream.on("test:start", (test) => {
    path[test.nesting] = test.name;
  });
  stream.on("test:pass", (test) => finished(test, true));
  stream.on("test:fail", (test) => finished(test, false));
  for await (const _ of stream);

  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { shard: `${shard.index}/${shard.total}`, passed, failed: failures.length, seconds, failures };
}

interface TestEnd {
  readonly name: string;
  readonly nesting: number;
  readonly details: {
    readonly type?: string | undefined;
    readonly duration_ms: number;
    readonly error?: Error;
  };
}

/** A suite fails with its tests, which are counted already, unless its own hook failed. */
function failedItself({ details }: TestEnd, ok: boolean): boolean {
  return !ok && !/subtests? failed/.test(details.error?.message ?? "");
}

function reasonOf(error: Error | undefined): string {
  const cause = error?.cause;
  const message = cause instanceof Error ? cause.message : (error?.message ?? "failed");
  return message.length > 1000 ? `${message.slice(0, 1000)} …` : message;
}
