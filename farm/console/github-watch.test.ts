import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { aRun, consoleBench } from "../../test/support/console-bench.ts";
import { poll } from "../build/sleep.ts";
import { createGitHub } from "../github/create-github.ts";
import { GitHubError } from "../github/github-error.ts";
import { startLocalGitHub } from "../github/local/local-github.ts";
import type { RunWorkflow } from "../workflow/workflow-run.ts";
import { gitHubPaceMs, watchGitHub } from "./github-watch.ts";
import { createNudge } from "./nudge.ts";
import type { BuildView } from "./view.ts";

/** A run in which client 1 fails for its environment; it ends when it is told to. */
function scripted(go: Promise<void>): RunWorkflow {
  return async ({ onEvent = () => undefined }) => {
    const at = Date.now();
    onEvent({ type: "job-started", job: "prepare", at });
    onEvent({ type: "job-completed", job: "prepare", at, conclusion: "success" });
    for (const job of ["client (0)", "client (1)"]) onEvent({ type: "job-started", job, at });
    await go;
    onEvent({
      type: "annotation",
      job: "client (1)",
      at,
      level: "failure",
      message: "environment: not ready",
    });
    onEvent({ type: "job-completed", job: "client (0)", at, conclusion: "success" });
    onEvent({ type: "job-completed", job: "client (1)", at, conclusion: "failure" });
    return { conclusion: "failure", jobs: [] };
  };
}

test("follows a build through GitHub's own API from its start to the reason of each client", async () => {
  const folder = await mkdtemp(join(tmpdir(), "local-github-"));
  const { promise: go, resolve: end } = Promise.withResolvers<void>();
  const local = await startLocalGitHub({ runWorkflow: scripted(go), folder });
  const stop = new AbortController();
  const starter = createGitHub(local.settings);
  const { post, board } = consoleBench({ starter });
  const nudge = createNudge();
  const { signal } = stop;
  const watch = watchGitHub({ starter, board, nudge, signal, onRound: () => board.look(), paceMs: () => 20 });
  const seen = async (what: (build: BuildView) => boolean): Promise<BuildView> => {
    const found = await poll(async () => board.views().find(what), { everyMs: 20, forMs: 20_000 });
    assert.ok(found !== undefined, JSON.stringify(board.views()));
    return found;
  };
  try {
    const response = await post("/api/v1/builds", { mode: "misconfig", medic: false, clients: 2, seed: 5 });
    const { id } = (await response.json()) as { id: string };
    const running = await seen(({ clients }) => clients.every(({ state }) => state === "deploying"));
    assert.deepEqual(
      [running.id, running.status, running.mode, running.medic],
      [id, "running", "misconfig", false],
    );
    end();
    const over = await seen(
      ({ status, clients }) => status === "failed" && clients[1]?.failure !== undefined,
    );
    assert.deepEqual(
      over.clients.map(({ state, failure, why }) => [state, failure, why]),
      [
        ["passed", undefined, undefined],
        ["failed", "environment", "not ready"],
      ],
    );
    assert.equal(watch.problem(), undefined);
  } finally {
    end();
    stop.abort();
    await watch.ended;
    await local.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("says what is wrong while GitHub does not answer, keeps what it knew, and recovers", async () => {
  let away = false;
  const stop = new AbortController();
  const { board } = consoleBench();
  const runs = async () => {
    if (away) throw new GitHubError("unreachable", "GitHub does not answer; the next look may find it.", 0);
    return [aRun(5, { status: "in_progress" })];
  };
  const starter = {
    workflow: async () => ({ name: "", url: "" }),
    dispatch: async () => ({ runId: 1, url: "" }),
    run: async () => aRun(5),
    runs,
    jobs: async () => [],
    annotations: async () => [],
    log: async () => "",
    cancel: async () => undefined,
  };
  const nudge = createNudge();
  const watch = watchGitHub({
    starter,
    board,
    nudge,
    signal: stop.signal,
    onRound: () => board.look(),
    paceMs: () => 5,
  });
  const until = (problem: string | undefined) =>
    poll(async () => (watch.problem() === problem && board.views().length === 1) || undefined, {
      everyMs: 5,
      forMs: 10_000,
    });
  try {
    assert.ok(await until(undefined));
    away = true;
    assert.ok(await until("GitHub does not answer; the next look may find it."));
    away = false;
    assert.ok(await until(undefined));
  } finally {
    stop.abort();
    await watch.ended;
  }
});

test("stays below GitHub's 5000 requests an hour, however many builds are under way", () => {
  for (let active = 0; active <= 10; active += 1) {
    const rounds = 3_600_000 / gitHubPaceMs(active);
    assert.ok(rounds * (1 + active) <= 3600, `${active} builds: ${rounds * (1 + active)} requests`);
  }
});
