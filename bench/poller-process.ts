import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface PollerOptions {
  readonly kubeconfig: string;
  readonly namespaces: readonly string[];
  /** It repairs only StatefulSets whose `medic/paused` says exactly this. */
  readonly own: string;
  readonly seconds: number;
}

export interface Poller {
  readonly pid: number;
  /** What it printed so far. */
  readonly lines: readonly { readonly event: string; readonly seconds?: number; readonly error?: string }[];
  stop(): Promise<void>;
}

/** Starts `poller.py` with the machine's python3; resolves after its first sweep. Rejects when that fails. */
export async function startPoller(options: PollerOptions): Promise<Poller> {
  const script = fileURLToPath(new URL("poller.py", import.meta.url));
  const flags = {
    "--kubeconfig": options.kubeconfig,
    "--namespaces": options.namespaces.join(","),
    "--own": options.own,
    "--seconds": String(options.seconds),
  };
  const args = ["-B", script, ...Object.entries(flags).flat()];
  const child = spawn("python3", args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: Poller["lines"][number][] = [];
  const ended = once(child, "exit");
  const swept = new Promise<void>((resolve, reject) => {
    child.on("error", () =>
      reject(new Error("The baseline needs python3: install it (apt-get install python3).")),
    );
    child.on("exit", () => reject(new Error("The poller ended by itself.")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(JSON.parse(line) as Poller["lines"][number]);
      resolve();
    });
  });
  swept.catch(() => {});
  await swept;
  return {
    pid: child.pid ?? 0,
    lines,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
