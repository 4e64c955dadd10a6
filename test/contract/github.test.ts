import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { createGitHub } from "../../farm/github/create-github.ts";
import type { BuildStarter } from "../../farm/github/build-starter.ts";
import type { GitHubError } from "../../farm/github/github-error.ts";
import { startTestGitHub, until } from "../support/github/local.ts";
import type { TestGitHub } from "../support/github/local.ts";
import { startPrism } from "../support/github/prism.ts";
import type { Prism } from "../support/github/prism.ts";

let local: TestGitHub;
let prism: Prism;
let github: BuildStarter;

before(async () => {
  local = await startTestGitHub({ dispatchesPerMinute: 1000 });
  prism = await startPrism(local.settings.baseUrl);
  github = createGitHub({ ...local.settings, baseUrl: prism.url });
});

after(async () => {
  await prism.close();
  await local[Symbol.asyncDispose]();
});

test("every call and every answer of a build is as GitHub's published description has it", async () => {
  const { runId } = await github.dispatch({
    mode: "misconfig",
    medic: false,
    clients: 4,
    target: 2,
    seed: 4711,
    timeout: 90,
  });
  assert.equal((await github.runs(10))[0]!.id, runId);
  const early = await until(
    async () => github.jobs(runId),
    (jobs) => jobs.length === 2,
  );
  assert.deepEqual(
    early.map(({ name, status, conclusion }) => [name, status, conclusion]),
    [
      ["prepare", "completed", "success"],
      ["client (0)", "in_progress", undefined],
    ],
  );

  local.runner.finish();
  const run = await until(
    async () => github.run(runId),
    ({ status }) => status === "completed",
  );
  assert.equal(run.conclusion, "failure");
  assert.deepEqual([run.mode, run.medic, run.title], ["misconfig", false, "Build misconfig, medic off"]);
  const jobs = await github.jobs(runId);
  assert.deepEqual(
    jobs.filter(({ conclusion }) => conclusion === "failure").map(({ name }) => name),
    ["client (2)", "report"],
  );
  const failed = jobs.find(({ name }) => name === "client (2)")!;
  assert.deepEqual(await github.annotations(failed.id), [
    { level: "failure", title: "environment", message: "server-2 never became ready" },
  ]);
  assert.deepEqual(local.runner.requests[0]!.inputs, {
    mode: "misconfig",
    medic: "false",
    clients: "4",
    target: "2",
    seed: "4711",
    timeout: "90",
  });
  assert.deepEqual(prism.violations, []);
});

test("a build is cancelled by calls and answers as described", async () => {
  const { runId } = await github.dispatch({ mode: "none", medic: true });
  await github.cancel(runId);
  const run = await until(
    async () => github.run(runId),
    ({ status }) => status === "completed",
  );
  assert.equal(run.conclusion, "cancelled");
  // 409 is described as well.
  await assert.rejects(github.cancel(runId), { problem: "conflict" });
  assert.deepEqual(prism.violations, []);
});

test("a dispatch that is answered with 204 is as described, and its run is found", async () => {
  await using older = await startTestGitHub({ namesRuns: false });
  const proxy = await startPrism(older.settings.baseUrl);
  try {
    const client = createGitHub({ ...older.settings, baseUrl: proxy.url }, { lookEveryMs: 20 });
    const first = await client.dispatch({ mode: "none", medic: true });
    const second = await client.dispatch({ mode: "none", medic: true });
    const third = await client.dispatch({ mode: "misconfig", medic: true });
    const runs = await client.runs(3);
    assert.deepEqual(
      runs.map(({ id }) => id),
      [third.runId, second.runId, first.runId],
    );
    assert.equal(runs[0]!.mode, "misconfig");
    assert.deepEqual(proxy.violations, []);
  } finally {
    await proxy.close();
  }
});

test("the workflow itself is as described, and has an id that leads to it", async () => {
  assert.equal((await github.workflow()).name, "Build");
  assert.deepEqual(prism.violations, []);
  // The proxy takes a number for both kinds of the parameter at once and refuses it, so this goes by no proxy.
  const byName = (await (await local.ask("/actions/workflows/build.yml")).json()) as { readonly id: number };
  const byId = await local.ask(`/actions/workflows/${byName.id}`);
  assert.deepEqual(await byId.json(), byName);
});

/** The proxy follows redirections itself, so this one answer is held against the description by hand. */
test("a job's log is a redirection, as described, and the client follows it", async () => {
  const { runId } = await local.github.dispatch({ mode: "none", medic: true });
  local.runner.finishAll();
  await until(
    async () => local.github.run(runId),
    ({ status }) => status === "completed",
  );
  const [job] = await local.github.jobs(runId);
  const answer = await local.ask(`/actions/jobs/${job!.id}/logs`);
  const described = JSON.parse(
    readFileSync(new URL("../support/github/openapi.json", import.meta.url), "utf8"),
  ).paths["/repos/{owner}/{repo}/actions/jobs/{job_id}/logs"].get.responses;
  assert.deepEqual(Object.keys(described), [String(answer.status)]);
  assert.deepEqual(Object.keys(described[302].headers), ["Location"]);
  assert.equal(new URL(answer.headers.get("location")!).origin, local.settings.baseUrl);
  assert.match(await local.github.log(job!.id), /^\d{4}-\d\d-\d\dT[\d:.]+Z deploying for prepare\n$/);
});

test("the proxy refuses a request that GitHub's description does not allow", async () => {
  const dispatch = async (body: unknown): Promise<Response> =>
    fetch(`${prism.url}/repos/local/build-medic/actions/workflows/build.yml/dispatches`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.settings.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const before = local.runner.requests.length;
  const many = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`input${index}`, "x"]));
  for (const body of [
    { ref: 1 },
    { inputs: {} },
    { ref: "main", inputs: many },
    { ref: "main", inputs: "none" },
    { ref: "main", return_run_details: "yes" },
    { ref: "main", made_up: true },
  ]) {
    const { status } = await dispatch(body);
    assert.equal(status, 422, JSON.stringify(body));
  }
  const list = await fetch(
    `${prism.url}/repos/local/build-medic/actions/workflows/build.yml/runs?status=sleeping`,
    { headers: { authorization: `Bearer ${local.settings.token}` } },
  );
  assert.equal(list.status, 422);
  const unknown = await fetch(`${prism.url}/repos/local/build-medic/actions/made-up`);
  assert.equal(unknown.status, 404);
  assert.equal(local.runner.requests.length, before);
});

interface Answer {
  readonly id?: number;
  readonly jobs?: readonly object[];
}

/** Each is one thing wrong with an answer that is right otherwise. */
const wrongAnswers: readonly [what: string, path: string, change: (answer: Answer) => unknown][] = [
  ["a run without its title", "/actions/runs/ID", (run) => ({ ...run, display_title: undefined })],
  ["a run with a field of its own", "/actions/runs/ID", (run) => ({ ...run, mode: "none" })],
  ["a run whose id is a text", "/actions/runs/ID", (run) => ({ ...run, id: String(run.id) })],
  ["a run whose time is none", "/actions/runs/ID", (run) => ({ ...run, created_at: "yesterday" })],
  [
    "a job with a status of its own",
    "/actions/runs/ID/jobs",
    ({ jobs, ...list }) => ({ ...list, jobs: [{ ...jobs?.[0], status: "testing" }] }),
  ],
  [
    "a step without its number",
    "/actions/runs/ID/jobs",
    ({ jobs, ...list }) => ({
      ...list,
      jobs: [{ ...jobs?.[0], steps: [{ name: "x", status: "queued", conclusion: null }] }],
    }),
  ],
  [
    "an annotation without its lines",
    "/check-runs/ID001/annotations",
    () => [{ path: "x", annotation_level: "failure", message: "x" }],
  ],
];

test("the proxy refuses an answer that GitHub's description does not allow", async () => {
  const { runId } = await local.github.dispatch({ mode: "none", medic: true });
  local.runner.finishAll();
  await until(
    async () => local.github.run(runId),
    ({ status }) => status === "completed",
  );
  let change: (answer: Answer) => unknown = (answer) => answer;
  const liar = createServer((request, response) => {
    void (async () => {
      const truth = await fetch(`${local.settings.baseUrl}${request.url}`, {
        headers: { authorization: request.headers.authorization ?? "" },
      });
      response.writeHead(truth.status, { "content-type": "application/json" });
      response.end(JSON.stringify(change((await truth.json()) as Answer)));
    })();
  });
  await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
  const proxy = await startPrism(`http://127.0.0.1:${(liar.address() as AddressInfo).port}`);
  try {
    for (const [what, path, lie] of wrongAnswers) {
      const ask = async (): Promise<Response> =>
        fetch(`${proxy.url}/repos/local/build-medic${path.replace("ID", String(runId))}`, {
          headers: { authorization: `Bearer ${local.settings.token}` },
        });
      change = (answer) => answer;
      assert.equal((await ask()).status, 200, `${what}: the truth`);
      change = lie;
      const refused = await ask();
      assert.equal(refused.status, 500, what);
      assert.match(await refused.text(), /VIOLATIONS/, what);
      assert.match(refused.headers.get("sl-violations") ?? "", /"severity":"Error"/, what);
    }
    // The client makes one sentence of the proxy's answer, which is no JSON to it.
    const client = createGitHub({ ...local.settings, baseUrl: proxy.url });
    change = () => ({});
    await assert.rejects(client.run(runId), (error: GitHubError) => error.problem === "unavailable");
  } finally {
    await proxy.close();
    liar.closeAllConnections();
    liar.close();
  }
});
