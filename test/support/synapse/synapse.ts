import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../../../farm/cluster/free-ports.ts";
import { poll } from "../../../farm/build/sleep.ts";
import { pythonPackages } from "../python-packages.ts";

const run = promisify(execFile);
const SYNAPSE = "matrix-synapse==1.163.2";
const APP = ["-m", "synapse.app.homeserver", "-c", "homeserver.yaml"];

export interface Synapse {
  readonly url: string;
  /** Ends it; what it stored stays. */
  stop(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface MessageLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * A real Matrix homeserver on the loopback interface: SQLite, no federation, open registration, and a limit of messages so
 * low that it is met.
 */
export async function startSynapse(limit: MessageLimit, tell: (line: string) => void): Promise<Synapse> {
  const packages = await pythonPackages(SYNAPSE, tell);
  const directory = await mkdtemp(join(tmpdir(), "build-medic-synapse-"));
  const [port = 0] = await freePorts("127.0.0.1", [0]);
  await writeFile(join(directory, "homeserver.yaml"), configuration(directory, port, limit));
  const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" };
  await run("python3", [...APP, "--generate-keys"], { cwd: directory, env, timeout: 60_000 });
  const url = `http://127.0.0.1:${port}`;
  const log = join(directory, "log");
  let child: ChildProcess | undefined;

  async function stop(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill("SIGTERM");
    await once(running, "exit");
  }
  async function start(): Promise<void> {
    const output = openSync(log, "a");
    const own = spawn("python3", APP, { cwd: directory, env, stdio: ["ignore", output, output] });
    child = own;
    const up = await poll(
      async () => {
        if (own.exitCode !== null) return false;
        const answer = await fetch(`${url}/health`).catch(() => undefined);
        return answer?.ok === true ? true : undefined;
      },
      { everyMs: 100, forMs: 60_000 },
    );
    if (up !== true)
      throw new Error(`Synapse does not come up:\n${(await readFile(log, "utf8")).slice(-2000)}`);
  }
  async function remove(): Promise<void> {
    await stop();
    await rm(directory, { recursive: true });
  }
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { url, stop, start, remove };
}

function configuration(directory: string, port: number, { perSecond, burst }: MessageLimit): string {
  return JSON.stringify({
    server_name: "localhost",
    pid_file: join(directory, "pid"),
    listeners: [
      {
        port,
        type: "http",
        bind_addresses: ["127.0.0.1"],
        resources: [{ names: ["client"], compress: false }],
      },
    ],
    database: { name: "sqlite3", args: { database: join(directory, "database") } },
    media_store_path: join(directory, "media"),
    signing_key_path: join(directory, "signing.key"),
    enable_registration: true,
    enable_registration_without_verification: true,
    registration_shared_secret: "loopback",
    macaroon_secret_key: "loopback",
    form_secret: "loopback",
    report_stats: false,
    trusted_key_servers: [],
    federation_domain_whitelist: [],
    presence: { enabled: false },
    // Else an account that asks twice within two minutes hears the same again.
    caches: { sync_response_cache_duration: "0s" },
    rc_message: { per_second: perSecond, burst_count: burst },
  });
}
