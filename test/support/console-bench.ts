import type { Hono } from "hono";
import { Board } from "../../farm/console/board.ts";
import type { Sight } from "../../farm/console/build-view.ts";
import { createConsole } from "../../farm/console/server.ts";
import type { ConsoleDeps } from "../../farm/console/server.ts";
import type { BuildRequest, BuildStarter, WorkflowRun } from "../../farm/github/build-starter.ts";

/** A console whose GitHub writes down what it is asked for, and whose clock is stepped. */
export interface ConsoleBench {
  readonly app: Hono;
  readonly board: Board;
  readonly dispatched: BuildRequest[];
  readonly cancelled: number[];
  readonly lines: string[];
  readonly clock: { now: number };
  /** A request as the page makes it. */
  readonly post: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
}

export const PAGE_HEADERS = {
  "content-type": "application/json",
  "x-farm-console": "1",
  origin: "http://localhost:8090",
  "sec-fetch-site": "same-origin",
} as const;

const NOWHERE: Sight = {
  at: 0,
  namespace: () => undefined,
  stack: () => ({ sets: [], pods: [] }),
  incidents: () => [],
  dashboard: undefined,
  usualClients: 4,
  linkRuns: false,
};

export function aRun(id: number, more: Partial<WorkflowRun> = {}): WorkflowRun {
  const at = new Date(1_700_000_000_000 + id * 1000).toISOString();
  return { id, attempt: 1, title: "Build", status: "queued", createdAt: at, updatedAt: at, url: "", ...more };
}

export function consoleBench(
  given: Omit<Partial<ConsoleDeps>, "starter"> & {
    readonly sight?: Partial<Sight>;
    readonly starter?: Partial<BuildStarter>;
    readonly clock?: { now: number };
  } = {},
): ConsoleBench {
  const { sight, starter, clock = { now: 1_700_000_100_000 }, ...deps } = given;
  const board = new Board(() => ({ ...NOWHERE, ...sight, at: clock.now }));
  const dispatched: BuildRequest[] = [];
  const cancelled: number[] = [];
  const lines: string[] = [];
  const app = createConsole({
    board,
    starter: {
      dispatch: async (request) => {
        dispatched.push(request);
        return { runId: 100 + dispatched.length, url: "" };
      },
      run: async (id) => aRun(id),
      runs: async () => [],
      jobs: async () => [],
      annotations: async () => [],
      log: async () => "",
      workflow: async () => ({ name: "Build", url: "" }),
      cancel: async (id) => void cancelled.push(id),
      ...starter,
    },
    farm: () => ({
      github: { kind: "local", name: "local", well: true },
      cluster: { well: true, nodes: [] },
      medic: { well: true },
      pairs: [],
      totals: { builds: 0, repaired: 0, escalated: 0, dollars: 0, minutesSaved: 0 },
      mostBuilds: 4,
      defaultClients: 4,
      now: clock.now,
    }),
    subscribeFarm: () => () => undefined,
    onStarted: () => undefined,
    complete: (asked) => asked,
    freshSeed: () => 7,
    now: () => clock.now,
    host: "127.0.0.1",
    port: 8090,
    sessions: undefined,
    secrets: [],
    log: (line) => lines.push(line),
    signal: new AbortController().signal,
    ...deps,
  });
  const post: ConsoleBench["post"] = async (path, body, headers = {}) =>
    app.request(`http://localhost:8090${path}`, {
      method: "POST",
      headers: { host: "localhost:8090", ...PAGE_HEADERS, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { app, board, dispatched, cancelled, lines, clock, post };
}
