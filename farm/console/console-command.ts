import { serveApi } from "../../src/api/serve.ts";
import { withExitCode } from "../build/command-frame.ts";
import { interruptible } from "../build/interruption.ts";
import { FarmError } from "../build/kube.ts";
import { thisOwner } from "../build/owner.ts";
import { newRunId } from "../build/run-id.ts";
import { readFarm } from "../cluster/state.ts";
import { openBuildStore } from "./build-store.ts";
import { buildsAtGitHub, buildsHere } from "./console-builds.ts";
import type { ConsoleBuilds } from "./console-builds.ts";
import { foreignMedic, ownMedic } from "./console-medic.ts";
import type { ConsoleMedic } from "./console-medic.ts";
import { readConsoleOptions } from "./console-options.ts";
import type { ConsoleFlags, ConsoleOptions } from "./console-options.ts";
import { openFarmConsole } from "./farm-console.ts";
import { forgetRunningConsole, saveRunningConsole } from "./running-console.ts";
import { createSessions } from "./sessions.ts";

/** Set by the tour: this console is its own. */
const OF_TOUR = "BUILD_MEDIC_TOUR";

/** What neither a build's steps nor the medic may find in their environment. */
const SECRETS = ["GITHUB_TOKEN", "CONSOLE_TOKEN"];

/** `farm console`: serves the page until it is stopped. Answers the exit code. */
export function consoleCommand(flags: ConsoleFlags): Promise<number> {
  return withExitCode(async () => {
    const options = readConsoleOptions(flags, process.env);
    for (const name of SECRETS) delete process.env[name];
    const kubeconfig = options.kubeconfig ?? (await farmKubeconfig(options));
    await interruptible((signal) => run({ ...options, kubeconfig }, signal), log);
    return 0;
  });
}

interface Settings extends ConsoleOptions {
  readonly kubeconfig: string;
}

async function run(settings: Settings, signal: AbortSignal): Promise<void> {
  const { kubeconfig, model, github } = settings;
  const builds = github === undefined ? await buildsHere(kubeconfig) : buildsAtGitHub(github);
  const name = `console-${newRunId(Date.now())}`;
  const medic = github === undefined ? ownMedic({ kubeconfig, name, model, report: log }) : foreignMedic();
  try {
    await serve(settings, { builds, medic, signal });
  } finally {
    await builds.close();
    await medic.leave();
  }
}

interface Parts {
  readonly builds: ConsoleBuilds;
  readonly medic: ConsoleMedic;
  readonly signal: AbortSignal;
}

async function serve(settings: Settings, { builds, medic, signal }: Parts): Promise<void> {
  const { kubeconfig, host, port, token, model } = settings;
  // A bug in one of its parts ends the console.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const { app, ended } = await openFarmConsole({
    kubeconfig,
    starter: builds.starter,
    github: builds.github,
    githubPaceMs: builds.paceMs,
    findMedic: medic.find,
    store: openBuildStore(builds.github.name),
    mostBuilds: builds.mostBuilds,
    host,
    port,
    sessions: token === undefined ? undefined : createSessions(token, Date.now),
    secrets: [builds.token, ...(token === undefined ? [] : [token])],
    log,
    signal: both,
  });
  const owner = await thisOwner();
  try {
    const server = await serveApi(app, { host, port });
    try {
      const ofTour = process.env[OF_TOUR] === "1";
      const { url } = server;
      await saveRunningConsole({ owner, url, kubeconfig, model, ofTour, guarded: token !== undefined });
      tell(settings, url);
      await ended;
    } finally {
      await server.close();
    }
  } finally {
    stop.abort();
    await forgetRunningConsole(owner);
  }
}

/** The address is the result, and so is a token that was made just now: nobody could know it otherwise. */
function tell({ token, tellToken }: Settings, url: string): void {
  console.log(`The farm console: ${url}`);
  if (tellToken && token !== undefined) console.log(`Its token, told this once: ${token}`);
}

async function farmKubeconfig({ github }: ConsoleOptions): Promise<string> {
  const farm = await readFarm();
  if (farm?.provider === "kwok" && github === undefined) {
    throw new FarmError(
      "This farm has fake nodes, on which no container runs: for builds, take it down and bring it up again as root on Debian or Ubuntu, or name a cluster with --kubeconfig FILE.",
    );
  }
  const found = farm?.kubeconfig ?? process.env["KUBECONFIG"];
  if (found !== undefined && found !== "") return found;
  throw new FarmError(
    "No farm is up: run `build-medic farm up` first, or name a cluster with --kubeconfig FILE.",
  );
}

/** On stderr; the lines name builds and what they were asked for, never a token. */
function log(line: string): void {
  console.error(line);
}
