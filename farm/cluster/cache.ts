import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export type Log = (line: string) => void;

/** Where things that take long to make are kept between checkouts: `$XDG_CACHE_HOME/build-medic`. */
export function cacheDirectory(...parts: string[]): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "build-medic", ...parts);
}

/**
 * Makes a directory once for all processes of this user: `make` fills a temporary directory, which then takes its
 * final name in one step, so that nobody ever sees half of it. Others wait for whoever is making it.
 */
export async function makeOnce(
  target: string,
  make: (directory: string) => Promise<void>,
  log: Log,
): Promise<void> {
  if (existsSync(target)) return;
  await withLock(target, log, async () => {
    if (existsSync(target)) return;
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.making`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    await make(temporary);
    await rename(temporary, target);
  });
}

/** Runs `work` while no other process on this machine holds the lock of that name; says so when it has to wait. */
export async function withLock<T>(name: string, log: Log, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(name, log);
  try {
    return await work();
  } finally {
    lock?.close();
  }
}

async function acquire(name: string, log: Log): Promise<Server | undefined> {
  // An abstract socket lives exactly as long as the process that holds it: no stale lock after a crash.
  if (process.platform !== "linux") return undefined;
  const address = `\0build-medic-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
  for (let attempt = 0; ; attempt += 1) {
    const server = await listen(address);
    if (server !== undefined) return server;
    if (attempt % 60 === 0) log(`another process is working on ${name}; waiting for it`);
    await delay(500);
  }
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}
