import { z } from "zod";

const Milliseconds = (initial: number) => z.coerce.number().int().min(50).max(60_000).default(initial);
const Port = (initial: number) => z.coerce.number().int().min(0).max(65_535).default(initial);

const Environment = z.object({
  HOST: z.string().default("0.0.0.0"),
  PORT: Port(8080),
  PGHOST: z.string().min(1),
  PGPORT: Port(5432),
  PGDATABASE: z.string().min(1).default("app"),
  PGUSER: z.string().min(1).default("app"),
  PGPASSWORD: z.string().min(1),
  READY_TIMEOUT_MS: Milliseconds(1500),
  // Long: a test that is red because the machine was busy says nothing about the code.
  REQUEST_TIMEOUT_MS: Milliseconds(10_000),
  SLOW_QUERY_MS: Milliseconds(250),
  CHECK_INTERVAL_MS: Milliseconds(5000),
});

export type ServerConfig = ReturnType<typeof readConfig>;

/** Reads the configuration from environment variables. Throws one error that names every bad one. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`the environment is not usable: ${problems.join("; ")}`);
  }
  const e = parsed.data;
  return {
    host: e.HOST,
    port: e.PORT,
    readyTimeoutMs: e.READY_TIMEOUT_MS,
    requestTimeoutMs: e.REQUEST_TIMEOUT_MS,
    slowQueryMs: e.SLOW_QUERY_MS,
    checkIntervalMs: e.CHECK_INTERVAL_MS,
    database: {
      host: e.PGHOST,
      port: e.PGPORT,
      database: e.PGDATABASE,
      user: e.PGUSER,
      password: e.PGPASSWORD,
    },
  };
}
