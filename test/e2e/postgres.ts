import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Postgres {
  readonly port: number;
  readonly password: string;
  /** Starts it (again) on the same data and port; resolves when it takes connections. */
  readonly start: () => Promise<void>;
  /** Fast shutdown, as Kubernetes stops it. */
  readonly stop: () => Promise<void>;
  /** Stops it and removes its data. */
  readonly remove: () => Promise<void>;
}

const nobody = 65_534;

/**
 * A real Postgres 15 on a free loopback port and an empty directory, started by the image's own entrypoint.
 * Root runs it as nobody, for Postgres refuses root. Rejects with what to install when it is not there.
 */
export async function preparePostgres(): Promise<Postgres> {
  const script = await readFile(new URL("../../farm/db/entrypoint.sh", import.meta.url), "utf8");
  const directory = await mkdtemp(join(tmpdir(), "server-postgres-"));
  const asUser = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if ("uid" in asUser) await chown(directory, nobody, nobody);
  const port = await freePort();
  const password = "only-for-this-test";
  let child: ReturnType<typeof spawn> | undefined;

  const start = async () => {
    const env = {
      PATH: process.env.PATH,
      PGDATA: join(directory, "pgdata"),
      PGPORT: String(port),
      POSTGRES_PASSWORD: password,
      LISTEN_ADDRESSES: "127.0.0.1",
      SOCKET_DIRECTORY: directory,
      TMPDIR: directory,
    };
    const starting = spawn("sh", ["-c", script], {
      cwd: directory,
      env,
      stdio: ["ignore", "ignore", "pipe"],
      ...asUser,
    });
    child = starting;
    let log = "";
    await new Promise<void>((resolve, reject) => {
      starting.stderr.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes("ready to accept connections")) resolve();
      });
      starting.on("error", reject);
      starting.on("exit", (code) => reject(new Error(explain(log, code))));
    });
  };
  const stop = async () => {
    if (child === undefined || child.exitCode !== null) return;
    child.kill("SIGINT");
    await once(child, "exit");
  };
  const remove = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { port, password, start, stop, remove };
}

function explain(log: string, code: number | null): string {
  return /initdb: (command )?not found/.test(log)
    ? "Postgres 15 is missing: run apt-get install postgresql-15"
    : `Postgres ended with ${code} before it was ready:\n${log}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Tries until the check holds; throws what it saw last when it does not within the limit. */
export async function eventually<T>(
  limitMs: number,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > until)
      throw new Error(`not within ${limitMs} ms; last seen ${JSON.stringify(value)}`);
    await sleep(25);
  }
}
