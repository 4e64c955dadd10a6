import { pino } from "pino";
import type { Logger } from "pino";
import type { Log } from "../controllers/ports.ts";
import { createRedactor } from "../core/redact.ts";
import type { Redactor } from "../core/redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * JSON lines, masked: `level`, `time` (RFC 3339), the fields, `msg`. They go to standard output unless another
 * destination is given; audit records there are told apart by their `audit` member.
 */
export function createLog(options: {
  readonly level: LogLevel;
  readonly destination?: { write(line: string): void };
  readonly redactor?: Redactor;
}): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return wrap(logger, options.redactor ?? createRedactor());
}

function wrap(logger: Logger, redactor: Redactor): Log {
  const line =
    (level: LogLevel) =>
    (message: string, fields?: object): void => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](fields === undefined ? {} : redactor.json(fields), redactor.text(message));
    };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => wrap(logger.child(redactor.json(fields) as object), redactor),
  };
}
