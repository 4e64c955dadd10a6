import type { ServerType } from "@hono/node-server";
import { serve } from "@hono/node-server";
import { createApp } from "./app.ts";
import type { ServerConfig } from "./config.ts";
import { Database } from "./database.ts";
import { createHealthLog } from "./health-log.ts";
import type { Log } from "./log.ts";
import { createReadiness } from "./readiness.ts";

export interface RunningServer {
  /** The port it listens on. */
  readonly port: number;
  /** Stops taking requests, lets running ones end, closes the database's connections. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the service. It does not need the database to be there: it says 503 on /readyz until it is.
 * Rejects when the port cannot be had.
 */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const database = new Database({
    ...config.database,
    requestTimeoutMs: config.requestTimeoutMs,
    onIdleLoss: (fault) => log.warn("idle database connection lost", fault),
  });
  const onResult = createHealthLog({
    log,
    db: database.name,
    slowMs: config.slowQueryMs,
    repeatMs: config.checkIntervalMs,
    now: () => performance.now(),
  });
  const readiness = createReadiness({ database, timeoutMs: config.readyTimeoutMs, onResult });
  const app = createApp({ database, readiness, log, requestTimeoutMs: config.requestTimeoutMs });
  const { server, port } = await listen(app, config);
  log.info("listening", { host: config.host, port, db: database.name });

  void readiness();
  const timer = setInterval(() => void readiness(), config.checkIntervalMs);
  const stop = async () => {
    clearInterval(timer);
    await new Promise((resolve) => {
      server.close(resolve);
      if ("closeIdleConnections" in server) server.closeIdleConnections();
    });
    await database.end();
  };
  return { port, stop };
}

function listen(app: ReturnType<typeof createApp>, { host, port }: ServerConfig) {
  const { promise, resolve, reject } = Promise.withResolvers<{ server: ServerType; port: number }>();
  const server = serve({ fetch: app.fetch, hostname: host, port }, (info) =>
    resolve({ server, port: info.port }),
  );
  server.on("error", reject);
  return promise;
}
