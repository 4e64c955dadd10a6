import { isIP, Socket } from "node:net";
import type { PoolClient, QueryResultRow } from "pg";
import { Pool } from "pg";
import type { DatabasePhase } from "./database-error.ts";
import { codeOf, DatabaseUnreachable, messageOf, unreachableCode } from "./database-error.ts";

export interface DatabaseOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The longest that any work may take, in milliseconds; Postgres gives up on statements then, too. */
  readonly requestTimeoutMs: number;
  /** Told when a connection that nobody was using is lost. */
  readonly onIdleLoss: (fault: {
    readonly db: string;
    readonly code: string;
    readonly error: string;
  }) => void;
}

interface Generation {
  readonly pool: Pool;
  /** Every open socket and how far it has come. */
  readonly sockets: Map<Socket, DatabasePhase>;
}

/**
 * A pool that never waits for a connection that is dead without knowing it, as after a network partition: work has a
 * deadline, and after any loss the whole pool is replaced, so that one success is enough to be well again.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #generation: Generation;
  #ended = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#generation = this.#open();
  }

  /** host:port as configured. */
  get name(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  /**
   * Runs work on one connection within `timeoutMs`, getting the connection included.
   * Throws DatabaseUnreachable, or whatever the work throws.
   */
  async run<T>(timeoutMs: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const generation = this.#generation;
    const started = performance.now();
    const { promise: deadline, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Deadline()), timeoutMs);
    let phase: DatabasePhase | undefined;
    try {
      const client = await connectBefore(deadline, generation.pool);
      phase = "query";
      return await workBefore(deadline, client, work);
    } catch (error) {
      const code = error instanceof Deadline ? "ETIMEDOUT" : unreachableCode(error);
      if (code === undefined) throw error;
      const at = phase ?? connectingPhase(generation, code);
      this.#replace(generation);
      const tookMs = Math.round(performance.now() - started);
      const message =
        error instanceof Deadline
          ? `${doing[at]} ${this.name} timed out after ${timeoutMs} ms`
          : `${doing[at]} ${this.name} failed: ${messageOf(error)}`;
      throw new DatabaseUnreachable(message, { code, phase: at, db: this.name, tookMs }, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs work in a transaction; anything thrown rolls it back. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.run(this.#options.requestTimeoutMs, async (client) => {
      await client.query("begin");
      try {
        const result = await work(client);
        await client.query("commit");
        return result;
      } catch (error) {
        // When even this fails the connection is gone, and Postgres rolls back by itself.
        await client.query("rollback").catch(() => undefined);
        throw error;
      }
    });
  }

  /** One query with the request's time limit. */
  async query<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.run(
      this.#options.requestTimeoutMs,
      async (client) => (await client.query<Row>(sql, values)).rows,
    );
  }

  /** Lets running work end, then closes every connection. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#retire(this.#generation);
  }

  #open(): Generation {
    const { host, port, database, user, password, requestTimeoutMs, onIdleLoss } = this.#options;
    const sockets: Generation["sockets"] = new Map();
    const pool = new Pool({
      host,
      port,
      database,
      user,
      password,
      max: 10,
      keepAlive: true,
      connectionTimeoutMillis: requestTimeoutMs,
      idleTimeoutMillis: 30_000,
      statement_timeout: requestTimeoutMs,
      application_name: "server",
      stream: () => trackedSocket(sockets, host),
    });
    // Without a listener the loss of an idle connection would end the process.
    pool.on("error", (error) => {
      onIdleLoss({ db: this.name, code: codeOf(error) ?? "ECONNRESET", error: messageOf(error) });
    });
    return { pool, sockets };
  }

  #replace(generation: Generation): void {
    if (this.#ended || generation !== this.#generation) return;
    this.#generation = this.#open();
    void this.#retire(generation);
  }

  async #retire({ pool, sockets }: Generation): Promise<void> {
    // A socket to an unreachable peer would stay half closed for a quarter of an hour.
    const timer = setTimeout(() => {
      for (const socket of sockets.keys()) socket.destroy();
    }, this.#options.requestTimeoutMs);
    timer.unref();
    await pool.end();
  }
}

class Deadline extends Error {}

const doing: Readonly<Record<DatabasePhase, string>> = {
  pool: "waiting for a free connection to",
  resolve: "resolving",
  connect: "connecting to",
  handshake: "opening a session at",
  query: "query at",
};

function trackedSocket(sockets: Generation["sockets"], host: string): Socket {
  const socket = new Socket();
  sockets.set(socket, isIP(host) === 0 ? "resolve" : "connect");
  socket.on("lookup", (error: Error | null) => {
    if (error === null) sockets.set(socket, "connect");
  });
  socket.on("connect", () => sockets.set(socket, "handshake"));
  socket.on("close", () => sockets.delete(socket));
  return socket;
}

async function connectBefore(deadline: Promise<never>, pool: Pool): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await Promise.race([connecting, deadline]);
  } catch (error) {
    // The connection may still come; nobody waits for it any more.
    connecting.then((late) => late.release(true)).catch(() => undefined);
    throw error;
  }
}

async function workBefore<T>(
  deadline: Promise<never>,
  client: PoolClient,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const working = work(client);
  try {
    const result = await Promise.race([working, deadline]);
    client.release();
    return result;
  } catch (error) {
    working.catch(() => undefined);
    client.release(error instanceof Deadline || unreachableCode(error) !== undefined);
    throw error;
  }
}

/** How far the connection attempt of a generation has come, for an error that has no connection to ask. */
function connectingPhase({ sockets, pool }: Generation, code: string): DatabasePhase {
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return "resolve";
  if (code === "ECONNREFUSED" || code.endsWith("UNREACH")) return "connect";
  const phases = new Set(sockets.values());
  if (phases.has("resolve")) return "resolve";
  if (phases.has("connect")) return "connect";
  return pool.waitingCount > 0 ? "pool" : "handshake";
}
