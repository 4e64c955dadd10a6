import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../bin/build-medic.js", import.meta.url));

export interface ConsoleProcess {
  readonly url: string;
  /** SIGTERM; resolves with the exit code (or the signal) once it has ended, its builds and its medic with it. */
  readonly stop: () => Promise<number | string>;
}

/** `build-medic farm console` as people start it. */
export async function startConsoleProcess(flags: readonly string[] = []): Promise<ConsoleProcess> {
  const child = spawn(process.execPath, [main, "farm", "console", "--model", "rehearsal", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const address = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^The farm console: (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`the console ended with ${code}: ${errors}`)));
  });
  const url = await address;
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
