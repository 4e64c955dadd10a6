import { execFile } from "node:child_process";

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for the command's standard input. */
  readonly input?: string;
};

/** Runs a program to its end and returns its standard output. Throws one sentence with the program's last words. */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { cwd: options.cwd, env: options.env ?? process.env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(explain(command, args, error, stderr || stdout), { cause: error }));
      },
    );
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
}

/** Like `run`, with undefined in place of an error: for questions whose answer may be no. */
export async function tryRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string | undefined> {
  try {
    return await run(command, args, options);
  } catch {
    return undefined;
  }
}

function explain(
  command: string,
  args: readonly string[],
  error: Error & { code?: unknown },
  output: string,
): string {
  if (error.code === "ENOENT")
    return `\`${command}\` is not installed or not on the PATH; install it and try again.`;
  const said = output.trim().split("\n").slice(-3).join(" / ") || error.message;
  return `\`${command} ${args.slice(0, 3).join(" ")}\` failed: ${said}`;
}
