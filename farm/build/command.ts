import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with every complete line of stdout as it arrives. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** Exit code; -1 when the process was ended by a signal (ours or another's). */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when it ended because its time was over or its signal was aborted. */
  readonly stopped?: "timeout" | "aborted";
}

const KILL_AFTER_MS = 2000;

/** Runs a program without a shell and gathers its output. Rejects only when it cannot be started at all. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  if (options.signal?.aborted) return { code: -1, stdout: "", stderr: "not started", stopped: "aborted" };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    // A Ctrl-C in the terminal reaches the whole foreground group: the clean-up's own commands must not die of it.
    detached: true,
  });
  let stopped: CommandResult["stopped"];
  let hardKill: NodeJS.Timeout | undefined;
  const stop = (why: "timeout" | "aborted"): void => {
    stopped ??= why;
    child.kill("SIGTERM");
    hardKill = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  };
  const onAbort = (): void => stop("aborted");
  const timer =
    options.timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => stop("timeout"), options.timeoutSeconds * 1000);
  options.signal?.addEventListener("abort", onAbort, { once: true });

  let stdout = "";
  let stderr = "";
  let pending = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    if (!options.onLine) return;
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    lines.forEach(options.onLine);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  // A program that ends without reading its input is no error of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");

  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exit) => resolve(exit ?? -1));
    });
    return { code, stdout, stderr, ...(stopped === undefined ? {} : { stopped }) };
  } finally {
    clearTimeout(timer);
    clearTimeout(hardKill);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** The last line that says something, for a one-sentence error. */
export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
