import type { Database } from "./database.ts";
import type { DatabasePhase } from "./database-error.ts";
import { codeOf, DatabaseUnreachable, messageOf } from "./database-error.ts";
import { schema } from "./schema.ts";

export interface Readiness {
  readonly ready: boolean;
  /** A sentence; "ok" when ready. */
  readonly reason: string;
  readonly code?: string;
  readonly phase?: DatabasePhase;
  readonly tookMs: number;
}

export interface ReadinessOptions {
  readonly database: Database;
  /** The limit of one check, connecting included, in milliseconds. */
  readonly timeoutMs: number;
  /** Told the result of every check that was really made. */
  readonly onResult: (result: Readiness) => void;
}

/**
 * The readiness check: a short real query on a real table, never throwing. Calls made while one is under way share
 * it, so that probes cannot pile up. Makes the tables when they are missing: at the first contact, or because the
 * database came back with an empty disk.
 */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  let underWay: Promise<Readiness> | undefined;
  return () => {
    underWay ??= check(options).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function check({ database, timeoutMs, onResult }: ReadinessOptions): Promise<Readiness> {
  const started = performance.now();
  const outcome = await attempt(database, timeoutMs);
  const result = { ...outcome, tookMs: Math.round(performance.now() - started) };
  onResult(result);
  return result;
}

async function attempt(database: Database, timeoutMs: number): Promise<Omit<Readiness, "tookMs">> {
  try {
    await database.run(timeoutMs, async (client) => {
      try {
        await client.query("select 1 from orders limit 1");
      } catch (error) {
        if (codeOf(error) !== undefinedTable) throw error;
        await client.query(schema);
        await client.query("select 1 from orders limit 1");
      }
    });
    return { ready: true, reason: "ok" };
  } catch (error) {
    if (error instanceof DatabaseUnreachable) {
      return { ready: false, reason: error.message, code: error.fault.code, phase: error.fault.phase };
    }
    const code = codeOf(error);
    return { ready: false, reason: messageOf(error), ...(code === undefined ? {} : { code }) };
  }
}

export const undefinedTable = "42P01";
