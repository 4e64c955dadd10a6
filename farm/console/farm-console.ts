import type { Hono } from "hono";
import { newSeed } from "../build/run-id.ts";
import type { BuildStarter } from "../github/build-starter.ts";
import { Board } from "./board.ts";
import type { BuildStore } from "./build-store.ts";
import type { Sight } from "./build-view.ts";
import { watchCluster } from "./cluster-watch.ts";
import { defined } from "./defined.ts";
import { farmView } from "./farm-view.ts";
import { watchGitHub } from "./github-watch.ts";
import { watchMedic } from "./medic-watch.ts";
import type { MedicPlace } from "./medic-watch.ts";
import { createNudge } from "./nudge.ts";
import { createConsole } from "./server.ts";
import type { Sessions } from "./sessions.ts";
import type { FarmView } from "./view.ts";

export interface FarmConsoleOptions {
  readonly kubeconfig: string;
  readonly starter: BuildStarter;
  readonly github: { readonly kind: FarmView["github"]["kind"]; readonly name: string };
  readonly githubPaceMs: (active: number) => number;
  readonly findMedic: () => Promise<MedicPlace>;
  readonly store: BuildStore;
  readonly mostBuilds: number;
  readonly host: string;
  readonly port: number;
  readonly sessions: Sessions | undefined;
  readonly secrets: readonly string[];
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface FarmConsole {
  readonly app: Hono;
  /** Ends when aborted, with everything on disk; rejects only for a bug. */
  readonly ended: Promise<void>;
}

const DEFAULT_CLIENTS = 4;
/** Changes come in bursts: they are shown together. */
const GATHER_MS = 150;
const SAVE_EVERY_MS = 2000;

/** Joins what the console sees (GitHub, the cluster, the medic) to what it shows. */
export async function openFarmConsole(options: FarmConsoleOptions): Promise<FarmConsole> {
  const { store, signal, log } = options;
  const listeners = new Set<() => void>();
  const nudge = createNudge();
  const board = new Board(() => sight());
  board.restore(await store.load());
  let shown = "";
  const look = gathered(() => {
    board.look();
    const { now: _, ...farm } = view();
    const text = JSON.stringify(farm);
    if (text === shown) return;
    shown = text;
    for (const listener of listeners) listener();
  }, signal);

  const cluster = watchCluster({ kubeconfig: options.kubeconfig, onChange: look, signal });
  const { starter, githubPaceMs: paceMs } = options;
  const github = watchGitHub({ starter, board, nudge, signal, onRound: look, paceMs });
  const medic = watchMedic({ find: options.findMedic, board, signal, onRound: look });

  function sight(): Sight {
    return {
      at: Date.now(),
      namespace: cluster.namespace,
      stack: cluster.stack,
      incidents: cluster.incidents,
      dashboard: medic.place()?.url,
      usualClients: DEFAULT_CLIENTS,
      linkRuns: options.github.kind === "github",
    };
  }

  function view(): FarmView {
    const { kind: githubKind, name: githubName } = options.github;
    const { mostBuilds } = options;
    const sources = { board, cluster, github, medic, githubKind, githubName, mostBuilds };
    return farmView({ ...sources, defaultClients: DEFAULT_CLIENTS }, Date.now());
  }

  const app = createConsole({
    board,
    starter,
    farm: view,
    subscribeFarm: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onStarted: () => {
      nudge.nudge();
      look();
    },
    complete: (asked) => defined({ ...asked, model: asked.medic ? medic.place()?.model : undefined }),
    freshSeed: newSeed,
    now: Date.now,
    host: options.host,
    port: options.port,
    sessions: options.sessions,
    secrets: options.secrets,
    log,
    signal,
  });
  const saving = keepSaving(board, store, signal);
  return { app, ended: Promise.all([github.ended, medic.ended, saving]).then(() => undefined) };
}

/** Runs it soon, once for all the calls until then. */
function gathered(work: () => void, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    if (timer !== undefined || signal.aborted) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) work();
    }, GATHER_MS);
  };
}

/** What is shown is on disk soon after, and at the end. */
async function keepSaving(board: Board, store: BuildStore, signal: AbortSignal): Promise<void> {
  const gone = new Set<string>();
  board.subscribe((change) => change.type === "gone" && gone.add(change.id));
  const timer = createNudge();
  while (!signal.aborted) {
    await timer.wait(SAVE_EVERY_MS, signal);
    for (const facts of board.takeDirty()) await store.save(facts);
    for (const id of gone) await store.drop(id);
    gone.clear();
  }
}
