import type { Log } from "../../src/controllers/ports.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: object;
}

/** A log that only collects its lines. */
export function collectingLog(lines: LogLine[] = []): Log & { readonly lines: readonly LogLine[] } {
  const write =
    (level: LogLine["level"]) =>
    (message: string, fields: object = {}): void => {
      lines.push({ level, message, fields });
    };
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => collectingLog(lines),
  };
}
