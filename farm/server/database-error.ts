/** What was going on when the database did not answer. `pool`: every connection was busy. */
export type DatabasePhase = "pool" | "resolve" | "connect" | "handshake" | "query";

export interface DatabaseFault {
  /** Such as ETIMEDOUT, ECONNREFUSED, EAI_AGAIN, or Postgres' own five characters. */
  readonly code: string;
  readonly phase: DatabasePhase;
  /** host:port as configured. */
  readonly db: string;
  readonly tookMs: number;
}

/** The database could not be reached or did not answer in time; says at which step and after how long. */
export class DatabaseUnreachable extends Error {
  readonly fault: DatabaseFault;

  constructor(message: string, fault: DatabaseFault, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseUnreachable";
    this.fault = fault;
  }
}

const socketCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EADDRNOTAVAIL",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
]);

/** Shutdown, crash, start-up, too many clients, statement time-out: the server is there but does no work in time. */
const serverCodes = new Set(["57P01", "57P02", "57P03", "53300", "57014"]);

/** The code of an error that means "not reachable", or undefined when the database did answer. */
export function unreachableCode(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code !== undefined && (socketCodes.has(code) || serverCodes.has(code) || code.startsWith("08"))) {
    return code;
  }
  if (error instanceof Error && /connection terminated|connection ended|not queryable/i.test(error.message)) {
    return "ECONNRESET";
  }
  return undefined;
}

export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return undefined;
}

/** The message of an error; several addresses tried at once give one that has none of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map((each) => messageOf(each)).join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}
