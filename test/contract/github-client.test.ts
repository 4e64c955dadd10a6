import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { test } from "node:test";
import { createGitHub } from "../../farm/github/create-github.ts";
import type { GitHubOptions } from "../../farm/github/create-github.ts";
import type { BuildStarter } from "../../farm/github/build-starter.ts";
import { GitHubError } from "../../farm/github/github-error.ts";
import type { GitHubProblem } from "../../farm/github/github-error.ts";

const TOKEN = "github_pat_11SECRET0000";
const NOW = Date.parse("2026-11-22T10:00:00Z");
const request = { mode: "none", medic: true } as const;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A server that answers what it is told to, in GitHub's own words where they are known. */
async function withServer(
  answers: (method: string, url: string) => Answer | "hang up" | "silence",
  body: (github: BuildStarter, baseUrl: string) => Promise<void>,
  options: GitHubOptions = {},
): Promise<void> {
  const server = createServer((incoming, response) => {
    const answer = answers(incoming.method ?? "", incoming.url ?? "");
    if (answer === "silence") return;
    if (answer === "hang up") {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.status, {
      "content-type": "application/json; charset=utf-8",
      ...answer.headers,
    });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await body(clientOf(baseUrl, options), baseUrl);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function clientOf(baseUrl: string, options: GitHubOptions): BuildStarter {
  const settings = {
    baseUrl,
    token: TOKEN,
    owner: "acme",
    repo: "app",
    workflow: "build.yml",
    ref: "main",
  };
  return createGitHub(settings, { now: () => NOW, lookEveryMs: 10, ...options });
}

async function errorOf(call: Promise<unknown>): Promise<GitHubError> {
  const error = await call.then(
    () => assert.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GitHubError, inspect(error));
  // Nothing that is logged or shown with it holds the token either.
  assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(TOKEN));
  assert.ok(!/[\n\r]/.test(error.message), error.message);
  return error;
}

const reset = String(NOW / 1000 + 90);

const failures: readonly (readonly [what: string, Answer, GitHubProblem, message: string, wait?: number])[] =
  [
    [
      "a token that is not valid",
      { status: 401, body: { message: "Bad credentials", documentation_url: "x", status: "401" } },
      "unauthorised",
      "Cannot start a build: GitHub does not accept the token; set GITHUB_TOKEN to one that is valid.",
    ],
    [
      "a token that may only read",
      { status: 403, body: { message: "Resource not accessible by personal access token" } },
      "forbidden",
      'Cannot start a build: the token may not do that in acme/app ("Resource not accessible by personal access token"); give it the permission Actions: write there.',
    ],
    [
      "a repository or a workflow that is not there, or not for this token",
      { status: 404, body: { message: "Not Found" } },
      "not-found",
      "Cannot start a build: GitHub finds no such thing in acme/app; check GITHUB_REPOSITORY and FARM_WORKFLOW (build.yml must be on the default branch), and that the token reaches that repository.",
    ],
    [
      "a branch that is not there",
      { status: 422, body: { message: "No ref found for: main", status: "422" } },
      "refused",
      'Cannot start a build: GitHub refuses it ("No ref found for: main"); check FARM_REF (main) and that build.yml has these inputs there.',
    ],
    [
      "the hourly limit",
      {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
        body: { message: "API rate limit exceeded for user ID 1." },
      },
      "rate-limited",
      "Cannot start a build: GitHub's rate limit is used up; try again in 90 s.",
      90,
    ],
    [
      "the secondary limit with its wait",
      {
        status: 403,
        headers: { "retry-after": "30" },
        body: { message: "You have exceeded a secondary rate limit." },
      },
      "rate-limited",
      "Cannot start a build: GitHub's rate limit is used up; try again in 30 s.",
      30,
    ],
    [
      "the secondary limit without a wait",
      { status: 403, body: { message: "You have exceeded a secondary rate limit." } },
      "rate-limited",
      "Cannot start a build: GitHub's rate limit is used up; try again in 60 s.",
      60,
    ],
    [
      "too many requests",
      { status: 429, headers: { "retry-after": "0.2" } },
      "rate-limited",
      "Cannot start a build: GitHub's rate limit is used up; try again in 1 s.",
      1,
    ],
    [
      "trouble of GitHub's own",
      { status: 502, headers: { "content-type": "text/html" }, body: "<html>Unicorn!</html>" },
      "unavailable",
      "Cannot start a build: GitHub has trouble of its own (status 502); try again in a minute.",
    ],
    [
      "an answer that repeats the token over several lines",
      { status: 418, body: { message: `what is\n${TOKEN}\r\nthere?` } },
      "refused",
      'Cannot start a build: GitHub answered with status 418 ("what is *** there?").',
    ],
  ];

for (const [what, answer, problem, message, wait] of failures) {
  test(`says in one sentence what to do about ${what}`, async () => {
    await withServer(
      () => answer,
      async (github) => {
        const error = await errorOf(github.dispatch(request));
        assert.deepEqual([error.problem, error.message, error.retryAfterSeconds], [problem, message, wait]);
      },
    );
  });
}

test("says where it tried to reach whom when nobody answers", async () => {
  await withServer(
    () => "hang up",
    async (github, baseUrl) => {
      const error = await errorOf(github.runs(10));
      assert.equal(error.problem, "unreachable");
      assert.match(
        error.message,
        /^Cannot list the builds: .* cannot be reached \(.+\); check the network and/,
      );
      assert.ok(error.message.includes(baseUrl));
    },
  );
  const closed = clientOf("http://127.0.0.1:1", {});
  assert.match((await errorOf(closed.workflow())).message, /127\.0\.0\.1:1 cannot be reached \(/);
});

test("does not wait for ever, and hands back the reason of whoever gave up", async () => {
  await withServer(
    () => "silence",
    async (github) => {
      const error = await errorOf(github.run(7));
      assert.equal(error.problem, "unreachable");
      assert.match(error.message, /^Cannot read build 7: .* \(no answer in time\)/);
      const given = new Error("the page was closed");
      await assert.rejects(github.run(7, { signal: AbortSignal.abort(given) }), given);
    },
    { timeoutMs: 50 },
  );
});

test("the token goes into one header and into no address", async () => {
  const seen: string[] = [];
  await withServer(
    (_, url) => {
      seen.push(url);
      return { status: 200, body: { total_count: 0, workflow_runs: [], jobs: [] } };
    },
    async (github) => {
      assert.deepEqual(await github.runs(500), []);
      assert.deepEqual(await github.jobs(1), []);
    },
  );
  assert.deepEqual(seen, [
    "/repos/acme/app/actions/workflows/build.yml/runs?event=workflow_dispatch&per_page=100",
    "/repos/acme/app/actions/runs/1/jobs?filter=latest&per_page=100",
  ]);
});

test("a token that may not read annotations sees none, and everything else goes on being told", async () => {
  let answer: Answer = { status: 403, body: { message: "Resource not accessible by personal access token" } };
  await withServer(
    () => answer,
    async (github) => {
      assert.deepEqual(await github.annotations(7), []);
      answer = { status: 403, headers: { "retry-after": "5" } };
      assert.equal((await errorOf(github.annotations(7))).problem, "rate-limited");
      answer = { status: 401 };
      assert.equal((await errorOf(github.annotations(7))).problem, "unauthorised");
    },
  );
});

interface Run {
  readonly id: number;
  readonly title: string;
  readonly at: string;
}

function listOf(runs: readonly Run[]): Answer {
  const workflow_runs = runs.map(({ id, title, at }) => ({
    id,
    display_title: title,
    created_at: at,
    html_url: `https://github.com/acme/app/actions/runs/${id}`,
  }));
  return { status: 200, body: { total_count: runs.length, workflow_runs } };
}

const accepted: Answer = { status: 204, headers: { date: "Sun, 22 Nov 2026 10:00:00 GMT" }, body: "" };

test("after a 204 the run is the oldest new one that fits, as soon as it is listed", async () => {
  const old = { id: 10, title: "Build: none, medic on", at: "2026-11-22T09:59:00Z" };
  const other = { id: 11, title: "Build: misconfig, medic on", at: "2026-11-22T10:00:01Z" };
  const without = { id: 12, title: "Build: none, medic off", at: "2026-11-22T10:00:01Z" };
  const ours = { id: 13, title: "Build: none, medic on", at: "2026-11-22T10:00:01Z" };
  const later = { id: 14, title: "Build: none, medic on", at: "2026-11-22T10:00:02Z" };
  const lists = [[old], [other, old], [without, other, old], [later, ours, without, other, old]];
  await withServer(
    (method) => (method === "POST" ? accepted : listOf(lists.length > 1 ? lists.shift()! : lists[0]!)),
    async (github) => {
      const first = await github.dispatch(request);
      assert.deepEqual(first, { runId: 13, url: "https://github.com/acme/app/actions/runs/13" });
      // The same again is the other one: a run belongs to one dispatch.
      assert.equal((await github.dispatch(request)).runId, 14);
    },
  );
});

test("after a 204 whose run never shows people are told not to start it twice", async () => {
  await withServer(
    (method) => (method === "POST" ? accepted : listOf([])),
    async (github) => {
      const error = await errorOf(github.dispatch(request));
      assert.equal(error.problem, "unknown-run");
      assert.match(error.message, /look at the repository's Actions page before starting it again/);
    },
    { lookForMs: 40 },
  );
});

test("a 200 names the run, and nothing more is asked", async () => {
  const asked: string[] = [];
  await withServer(
    (method, url) => {
      asked.push(`${method} ${url}`);
      return {
        status: 200,
        body: { workflow_run_id: 99, run_url: "x", html_url: "https://github.com/r/99" },
      };
    },
    async (github) => {
      assert.deepEqual(await github.dispatch(request), { runId: 99, url: "https://github.com/r/99" });
    },
  );
  assert.deepEqual(asked, ["POST /repos/acme/app/actions/workflows/build.yml/dispatches"]);
});
