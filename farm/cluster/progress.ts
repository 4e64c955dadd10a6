import type { Log } from "./cache.ts";

/** "48 s", "3 min 05 s". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Runs `work` and logs `describe()` with the time so far every few seconds (less often into a file) until it ends. */
export async function withTicker<T>(log: Log, describe: () => string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const timer = setInterval(
    () => log(`${describe()}, ${duration(Date.now() - started)} so far`),
    process.stderr.isTTY ? 5_000 : 20_000,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Runs one step and logs its name with the time it took. */
export async function step<T>(log: Log, title: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work();
  log(`${title.padEnd(26)} ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return result;
}
