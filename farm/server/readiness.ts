import type { PoolClient } from "pg";
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
 * it, so that probes cannot pile up. Makes the tables at the first contact, and again when they are missing because
 * the database came back with an empty disk.
 */
export function createReadiness({
  database,
  timeoutMs,
  onResult,
}: ReadinessOptions): () => Promise<Readiness> {
  let underWay: Promise<Readiness> | undefined;
  let hasTables = false;

  const query = async (client: PoolClient) => {
    if (hasTables && (await tableAnswers(client))) return;
    await client.query(schema);
    hasTables = true;
    await client.query(probe);
  };
  const check = async (): Promise<Readiness> => {
    const started = performance.now();
    let outcome: Omit<Readiness, "tookMs"> = { ready: true, reason: "ok" };
    try {
      await database.run(timeoutMs, query);
    } catch (error) {
      outcome = describe(error);
    }
    const result = { ...outcome, tookMs: Math.round(performance.now() - started) };
    onResult(result);
    return result;
  };
  return () => {
    underWay ??= check().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

function describe(error: unknown): Omit<Readiness, "tookMs"> {
  if (error instanceof DatabaseUnreachable) {
    return { ready: false, reason: error.message, code: error.fault.code, phase: error.fault.phase };
  }
  const code = codeOf(error);
  return { ready: false, reason: messageOf(error), ...(code === undefined ? {} : { code }) };
}

const probe = "select 1 from orders limit 1";
const undefinedTable = "42P01";

/** False when the table is gone. */
async function tableAnswers(client: PoolClient): Promise<boolean> {
  try {
    await client.query(probe);
    return true;
  } catch (error) {
    if (codeOf(error) === undefinedTable) return false;
    throw error;
  }
}
