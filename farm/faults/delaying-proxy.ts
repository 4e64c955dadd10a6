import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { DB_PORT, DELAY_MS, PROXY_PORT } from "./network-rules.ts";
import { enterArguments } from "./pod-network.ts";
import type { PodNetwork } from "./pod-network.ts";

const PROGRAM = fileURLToPath(new URL("./delay-proxy.ts", import.meta.url));

/** Starts the delaying proxy in a pod's network namespace and waits until it listens (or has failed). */
export async function startDelayingProxy(network: PodNetwork): Promise<ChildProcess> {
  const ports = [PROXY_PORT, DB_PORT, DELAY_MS].map(String);
  const child = spawn("nsenter", [...enterArguments(network), process.execPath, PROGRAM, ...ports], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return child;
}

export async function stopDelayingProxy(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.stdin?.end();
  child.kill("SIGTERM");
  await gone;
}
