/** Fields of one log line; `undefined` ones are left out. */
type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  readonly info: (msg: string, fields?: LogFields) => void;
  readonly warn: (msg: string, fields?: LogFields) => void;
  readonly error: (msg: string, fields?: LogFields) => void;
}

/** A log of JSON lines: constant message, everything variable in fields. */
export function createLog(write: (line: string) => void = (line) => process.stdout.write(line)): Log {
  const at =
    (level: string) =>
    (msg: string, fields: LogFields = {}) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })}\n`);
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
