import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createGitHub } from "../../farm/github/create-github.ts";
import { startLocalGitHub } from "../../farm/github/local/local-github.ts";
import { startTestGitHub, until, WORKFLOWS } from "../support/github/local.ts";
import type { TestGitHub } from "../support/github/local.ts";

const DISPATCH = "/actions/workflows/build.yml/dispatches";

async function dispatch(local: TestGitHub, body: unknown, path = DISPATCH): Promise<Response> {
  return local.ask(path, { method: "POST", body: JSON.stringify(body) });
}

async function messageOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { readonly message: string }).message;
}

const started = { mode: "none", medic: true } as const;

test("nobody without the token gets anything, and nobody starts a build", async () => {
  await using local = await startTestGitHub();
  const { token, baseUrl } = local.settings;
  const strangers: readonly Readonly<Record<string, string>>[] = [
    { authorization: "" },
    { authorization: "Bearer wrong" },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${token.slice(1)}` },
    { authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}` },
    { authorization: token },
  ];
  for (const headers of strangers) {
    for (const [method, path] of [
      ["GET", "/actions/workflows/build.yml"],
      ["GET", "/actions/workflows/build.yml/runs"],
      ["GET", "/actions/made-up"],
      ["POST", DISPATCH],
    ] as const) {
      const answer = await local.ask(path, {
        method,
        headers,
        ...(method === "POST" ? { body: JSON.stringify({ ref: "main" }) } : {}),
      });
      assert.equal(answer.status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await fetch(`${baseUrl}/?access_token=${token}`)).status, 401);
  assert.equal(local.runner.requests.length, 0);
});

test("the client says of the local GitHub what it says of the real one", async () => {
  await using local = await startTestGitHub();
  const { settings } = local;
  const stranger = createGitHub({ ...settings, token: "wrong" });
  await assert.rejects(stranger.dispatch(started), { problem: "unauthorised" });
  const elsewhere = createGitHub({ ...settings, repo: "other" });
  await assert.rejects(elsewhere.workflow(), { problem: "not-found" });
  const missing = createGitHub({ ...settings, workflow: "made-up.yml" });
  await assert.rejects(missing.dispatch(started), { problem: "not-found" });
  const branch = createGitHub({ ...settings, ref: "nope" });
  await assert.rejects(branch.dispatch(started), { problem: "refused", message: /"No ref found for: nope"/ });
  const other = createGitHub({ ...settings, workflow: "needs-a-name.yml" });
  await assert.rejects(other.dispatch(started), {
    message: /"Unexpected inputs provided: \["mode","medic"\]"/,
  });
  await assert.rejects(local.github.run(1), { problem: "not-found" });
  assert.equal(local.runner.requests.length, 0);
});

test("a page in a browser cannot start a build, even with the token and another name for this machine", async () => {
  await using local = await startTestGitHub();
  const body = JSON.stringify({ ref: "main" });
  for (const headers of [
    { origin: "https://example.com" },
    { origin: "null" },
    { origin: local.settings.baseUrl },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-origin" },
  ] as readonly Readonly<Record<string, string>>[]) {
    assert.equal((await local.ask(DISPATCH, { method: "POST", headers, body })).status, 403);
  }
  const preflight = await local.ask(DISPATCH, {
    method: "OPTIONS",
    headers: { origin: "https://example.com" },
  });
  assert.equal(preflight.status, 403);
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);
  for (const host of [
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
  ]) {
    assert.equal(await statusWithHost(local, host), 421, host);
  }
  assert.equal(await statusWithHost(local, "localhost:1"), 200);
  assert.equal(local.runner.requests.length, 0);
});

/** `fetch` sets the Host header itself. */
async function statusWithHost(local: TestGitHub, host: string): Promise<number | undefined> {
  const { baseUrl, token, owner, repo } = local.settings;
  return new Promise((resolve, reject) => {
    const path = `${baseUrl}/repos/${owner}/${repo}/actions/workflows/build.yml`;
    request(path, { headers: { host, authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

test("no name and no id leads to anything but a workflow, a run or a job", async () => {
  await using local = await startTestGitHub();
  await local.github.dispatch(started);
  for (const path of [
    "/actions/workflows/..%2f..%2f..%2f..%2fpackage.json",
    "/actions/workflows/%2e%2e%2fopenapi.json",
    "/actions/workflows/..%5copenapi.json",
    "/actions/workflows/build.yml%00",
    "/actions/workflows/BUILD.YML",
    "/actions/workflows/made-up.yml",
    "/actions/workflows/0/runs",
    "/actions/workflows/constructor",
    "/actions/runs/abc",
    "/actions/runs/0",
    "/actions/runs/-1",
    "/actions/runs/1.5",
    "/actions/runs/1e3",
    "/actions/runs/99999999999999999999",
    "/actions/runs/..%2f..%2flock",
    "/actions/runs/__proto__/jobs",
    "/actions/jobs/1/logs",
    "/actions/jobs/..%2f..%2f1/logs/content",
    "/check-runs/999999999999/annotations",
    "/check-runs/abc/annotations",
    "/actions/artifacts",
    "/",
    "/%E0%A4%A",
  ]) {
    const answer = await local.ask(path);
    assert.equal(answer.status, 404, `${path}: ${await answer.text()}`);
  }
  const elsewhere = await fetch(`${local.settings.baseUrl}/repos/other/repo/actions/workflows/build.yml`, {
    headers: { authorization: `Bearer ${local.settings.token}` },
  });
  assert.equal(elsewhere.status, 404);
  const traversal = await dispatch(local, { ref: "main" }, "/actions/workflows/..%2fbuild.yml/dispatches");
  assert.equal(traversal.status, 404);
});

test("bodies that are too big, no JSON or not of the form are refused, and the server lives on", async () => {
  await using local = await startTestGitHub();
  const bodies: readonly (readonly [body: string, status: number])[] = [
    ["", 400],
    ["{", 400],
    ["\u0000", 400],
    ["null", 422],
    ["[]", 422],
    ['"main"', 422],
    ["{}", 422],
    ['{"ref": 1}', 422],
    ['{"ref": ""}', 422],
    ['{"ref": "main", "inputs": []}', 422],
    ['{"ref": "main", "inputs": {"mode": {"a": 1}}}', 422],
    ['{"ref": "main", "inputs": {"mode": ["none"]}}', 422],
    ['{"ref": "main", "inputs": {"__proto__": "x"}}', 422],
    ['{"ref": "main", "inputs": {"constructor": "x"}}', 422],
    [JSON.stringify({ ref: "main", inputs: { seed: "9".repeat(200_000) } }), 413],
    [`${"[".repeat(60_000)}${"]".repeat(60_000)}`, 413],
    [`${"[".repeat(40_000)}${"]".repeat(40_000)}`, 422],
  ];
  for (const [body, status] of bodies) {
    const answer = await local.ask(DISPATCH, { method: "POST", body });
    assert.equal(answer.status, status, `${body.slice(0, 60)}: ${await answer.text()}`);
  }
  assert.equal(local.runner.requests.length, 0);
  assert.equal((await dispatch(local, { ref: "main" })).status, 204);
});

const refusals: readonly (readonly [what: string, path: string, body: object, message: RegExp])[] = [
  ["another branch", DISPATCH, { ref: "nope" }, /^No ref found for: nope$/],
  [
    "a choice that is none",
    DISPATCH,
    { ref: "main", inputs: { mode: "bogus" } },
    /^Provided value 'bogus' for input 'mode' not in the list of allowed values$/,
  ],
  ["a boolean that is none", DISPATCH, { ref: "main", inputs: { medic: "yes" } }, /'medic' is not a boolean/],
  [
    "inputs that the workflow does not have",
    DISPATCH,
    { ref: "main", inputs: { mode: "none", a: "1", b: "2" } },
    /^Unexpected inputs provided: \["a","b"\]$/,
  ],
  [
    "more inputs than GitHub takes",
    DISPATCH,
    { ref: "main", inputs: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`i${i}`, ""])) },
    /^Invalid request\.\n\nNo more than 25 /,
  ],
  [
    "a required input that is missing",
    "/actions/workflows/needs-a-name.yml/dispatches",
    { ref: "main" },
    /^Required input 'name' not provided$/,
  ],
  [
    "a workflow that is for pushes",
    "/actions/workflows/on-push.yml/dispatches",
    { ref: "main" },
    /does not have 'workflow_dispatch' trigger/,
  ],
  [
    "a workflow that GitHub's parser refuses",
    "/actions/workflows/broken.yml/dispatches",
    { ref: "main" },
    /^failed to parse workflow: .*stepps/,
  ],
];

test("a dispatch is checked against the workflow file, as nothing behind it does", async () => {
  await using local = await startTestGitHub();
  for (const [what, path, body, message] of refusals) {
    const answer = await dispatch(local, body, path);
    assert.equal(answer.status, 422, what);
    assert.match(await messageOf(answer), message, what);
  }
  assert.equal(local.runner.requests.length, 0);
  assert.equal((await dispatch(local, { ref: "refs/heads/main" })).status, 204);
  assert.deepEqual(local.runner.requests[0]!.inputs, { mode: "none", medic: "true", clients: "4" });
});

test("two builds run at a time, the others wait their turn in order", async () => {
  await using local = await startTestGitHub();
  const ids: number[] = [];
  for (let index = 0; index < 4; index += 1) ids.push((await local.github.dispatch(started)).runId);
  const statuses = async (): Promise<readonly string[]> => {
    const runs = await local.github.runs(10);
    return ids.map((id) => runs.find((run) => run.id === id)!.status);
  };
  assert.deepEqual(await statuses(), ["in_progress", "in_progress", "queued", "queued"]);
  local.runner.finish();
  await until(statuses, ([first]) => first === "completed");
  assert.deepEqual(await statuses(), ["completed", "in_progress", "in_progress", "queued"]);
  // One that waits is cancelled without ever having run.
  await local.github.cancel(ids[3]!);
  assert.equal((await local.github.run(ids[3]!)).conclusion, "cancelled");
  local.runner.finishAll();
  await until(statuses, (all) => all.every((status) => status === "completed"));
  assert.equal(local.runner.most(), 2);
  assert.deepEqual(
    local.runner.requests.map(({ runId }) => runId),
    ids.slice(0, 3),
  );
});

test("a cancelled build ends its jobs and steps, and gives its place to the next", async () => {
  await using local = await startTestGitHub({ maxConcurrent: 1 });
  const { runId } = await local.github.dispatch(started);
  const next = await local.github.dispatch(started);
  await local.github.cancel(runId);
  await until(
    async () => local.github.run(next.runId),
    ({ status }) => status === "in_progress",
  );
  assert.equal((await local.github.run(runId)).conclusion, "cancelled");
  const [, client] = await local.github.jobs(runId);
  assert.equal(client!.conclusion, "cancelled");
  assert.deepEqual(
    client!.steps.map(({ conclusion }) => conclusion),
    ["cancelled"],
  );
});

test("history outlives the server, and a build that ran when it died is cancelled, not running for ever", async () => {
  await using first = await startTestGitHub({ maxConcurrent: 1 });
  const ended = await first.github.dispatch({ mode: "misconfig", medic: false });
  first.runner.finish();
  await until(
    async () => first.github.run(ended.runId),
    ({ status }) => status === "completed",
  );
  const cut = await first.github.dispatch({ mode: "chaos-recoverable", medic: true });
  const waiting = await first.github.dispatch(started);
  const before = await first.github.jobs(ended.runId);
  const copy = asAfterACrash(first.folder);

  await using second = await startTestGitHub({ folder: copy });
  const runs = await second.github.runs(10);
  assert.deepEqual(
    runs.map(({ id, status, conclusion, mode }) => [id, status, conclusion, mode]),
    [
      [waiting.runId, "completed", "cancelled", "none"],
      [cut.runId, "completed", "cancelled", "chaos-recoverable"],
      [ended.runId, "completed", "failure", "misconfig"],
    ],
  );
  const jobs = await second.github.jobs(cut.runId);
  assert.deepEqual(
    jobs.map(({ name, status, conclusion }) => [name, status, conclusion]),
    [
      ["prepare", "completed", "success"],
      ["client (0)", "completed", "cancelled"],
    ],
  );
  const strip = (text: string): string => text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "");
  assert.equal(strip(JSON.stringify(await second.github.jobs(ended.runId))), strip(JSON.stringify(before)));
  assert.match(await second.github.log(before[0]!.id), /deploying for prepare/);
  const newer = await second.github.dispatch(started);
  assert.ok(newer.runId > waiting.runId);
});

/** A copy of the folder, as a killed process leaves it: nothing was closed. */
function asAfterACrash(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), "build-medic-github-"));
  for (const name of readdirSync(folder)) {
    if (/^\d+$/.test(name)) cpSync(join(folder, name), join(copy, name), { recursive: true });
  }
  return copy;
}

test("two servers never work on one folder", async () => {
  await using local = await startTestGitHub();
  const { runWorkflow } = local.runner;
  await assert.rejects(
    startLocalGitHub({ runWorkflow, folder: local.folder, workflows: WORKFLOWS }),
    /^FarmError: Another console runs builds in .*; use that one, or stop it first\.$/,
  );
  assert.equal((await local.github.runs(1)).length, 0);
});

test("a workflow that cannot be started is a failed build that says why", async () => {
  await using local = await startTestGitHub({
    runWorkflow: async () => {
      throw new Error("act is not there; install it with make tools");
    },
  });
  const { runId } = await local.github.dispatch(started);
  const run = await until(
    async () => local.github.run(runId),
    ({ status }) => status === "completed",
  );
  assert.equal(run.conclusion, "failure");
  const [job] = await local.github.jobs(runId);
  const [annotation] = await local.github.annotations(job!.id);
  assert.equal(annotation!.message, "act is not there; install it with make tools");
});

test("builds are started at no more than the allowed rate", async () => {
  let now = Date.parse("2026-11-22T10:00:00Z");
  await using local = await startTestGitHub({ dispatchesPerMinute: 2, now: () => now });
  await local.github.dispatch(started);
  now += 20_000;
  await local.github.dispatch(started);
  await assert.rejects(local.github.dispatch(started), {
    problem: "rate-limited",
    retryAfterSeconds: 40,
    message: "Cannot start a build: GitHub's rate limit is used up; try again in 40 s.",
  });
  now += 41_000;
  await local.github.dispatch(started);
  assert.equal((await local.github.runs(10)).length, 3);
});

test("lists are cut into pages, and a filter that is not built is refused instead of ignored", async () => {
  await using local = await startTestGitHub();
  for (let index = 0; index < 3; index += 1) await local.github.dispatch(started);
  const list = async (query: string): Promise<{ total_count: number; workflow_runs: { id: number }[] }> =>
    (await (await local.ask(`/actions/workflows/build.yml/runs${query}`)).json()) as never;
  const all = await list("");
  assert.equal(all.total_count, 3);
  const second = await list("?per_page=2&page=2");
  assert.deepEqual(second.workflow_runs, all.workflow_runs.slice(2));
  assert.equal((await list("?status=queued")).total_count, 1);
  assert.equal((await list("?event=push")).total_count, 0);
  assert.equal((await list("?branch=other")).total_count, 0);
  const unknown = await local.ask("/actions/workflows/build.yml/runs?actor=me");
  assert.equal(unknown.status, 422);
});
