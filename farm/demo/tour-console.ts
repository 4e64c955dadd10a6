import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Model } from "../build/expectations.ts";
import { FarmError } from "../build/kube.ts";
import { answersHealth } from "../build/medic-address.ts";
import { OUT, ROOT } from "../build/out-folder.ts";
import { poll } from "../build/sleep.ts";
import { tierTwoName } from "../build/tier-two.ts";
import { isAlive, lastLines, startDaemon } from "../cluster/daemon.ts";
import type { Daemon } from "../cluster/daemon.ts";
import { freePorts } from "../cluster/free-ports.ts";
import { farmPaths, recordProcess } from "../cluster/state.ts";
import { DEFAULT_PORT } from "../console/console-options.ts";
import { endRunningConsole, readRunningConsole } from "../console/running-console.ts";
import type { RunningConsole } from "../console/running-console.ts";

export interface TourConsoleRequest {
  readonly kubeconfig: string;
  readonly model: Model;
  readonly report: (line: string) => void;
}

const LOG = join(OUT, "console", "console.log");
const START_LIMIT_MS = 90_000;
/** Builds of the tour run on this machine, and whoever sits at it needs no token. */
const NOT_FOR_THE_TOUR = ["GITHUB_REPOSITORY", "GITHUB_TOKEN", "CONSOLE_TOKEN"];

/**
 * The address of the console that the tour goes through. One that a person started is used; one of an earlier tour makes
 * room for a fresh one, which stays until the farm goes down.
 */
export async function tourConsole(request: TourConsoleRequest): Promise<string> {
  const running = await readRunningConsole();
  if (running !== undefined && !running.ofTour) return usable(running, request);
  if (running !== undefined) await endRunningConsole(request.report);
  return start(request);
}

function usable(running: RunningConsole, { kubeconfig, model }: TourConsoleRequest): string {
  const { url } = running;
  const stop = "stop it first";
  if (running.guarded) throw new FarmError(`A farm console runs at ${url} and asks for a token; ${stop}.`);
  if (running.kubeconfig !== kubeconfig)
    throw new FarmError(`A farm console runs at ${url} for another cluster; ${stop}.`);
  if (running.model !== model)
    throw new FarmError(
      `A farm console runs at ${url} with ${tierTwoName(running.model)} as tier 2; ${stop}.`,
    );
  return url;
}

async function start({ kubeconfig, model, report }: TourConsoleRequest): Promise<string> {
  await mkdir(join(OUT, "console"), { recursive: true });
  const [port = 0] = await freePorts("127.0.0.1", [DEFAULT_PORT]);
  const flags = ["--port", String(port), "--model", model, "--kubeconfig", kubeconfig];
  const daemon = await startDaemon({
    name: "farm console",
    command: process.execPath,
    args: [join(ROOT, "bin", "build-medic.js"), "farm", "console", ...flags],
    logFile: LOG,
    lifetime: "detached",
    cwd: ROOT,
    env: { ...without(process.env, NOT_FOR_THE_TOUR), BUILD_MEDIC_TOUR: "1" },
  });
  // `farm down` asks it to end; should that fail, it ends it with everything else of the farm.
  if (existsSync(farmPaths().run)) recordProcess(daemon);
  const url = await poll(() => addressOf(daemon), { everyMs: 200, forMs: START_LIMIT_MS });
  if (url === undefined || url === "dead") {
    throw new FarmError(`the farm console did not start: ${lastLines(LOG, 2)} (${relative(ROOT, LOG)})`);
  }
  report(`the farm console is at ${url}`);
  return url;
}

async function addressOf(daemon: Daemon): Promise<string | undefined> {
  if (!isAlive(daemon)) return "dead";
  const running = await readRunningConsole();
  if (running === undefined || running.owner.pid !== daemon.pid) return undefined;
  return (await answersHealth(running.url)) ? running.url : undefined;
}

function without(environment: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}
