import { setTimeout as delay } from "node:timers/promises";
import { isAlive, lastLines, type Daemon } from "./daemon.ts";

/** Asks a URL; undefined when it answers well, else what is wrong in a few words. */
export async function probe(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    return answer.ok ? undefined : `${url} answers ${answer.status}`;
  } catch {
    return `${url} does not answer`;
  }
}

/** Waits until a process answers well under its URL. Throws its last words when it ends, or after half a minute. */
export async function untilHealthy(daemon: Daemon, url: string, logFile: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (let problem = await probe(url); problem !== undefined; problem = await probe(url)) {
    if (!isAlive(daemon)) throw new Error(`${daemon.name} ended while starting: ${lastLines(logFile, 3)}`);
    if (Date.now() > deadline) throw new Error(`${daemon.name} did not start within 30 s: ${problem}`);
    await delay(50);
  }
}
