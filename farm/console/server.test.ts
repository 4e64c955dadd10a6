import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_HEADERS, aRun, consoleBench } from "../../test/support/console-bench.ts";
import { readBuildOptions } from "../build/options.ts";
import type { BuildFlags } from "../build/options.ts";
import { draw } from "../faults/draw.ts";
import { GitHubError } from "../github/github-error.ts";
import { createSessions } from "./sessions.ts";

const GOOD = { mode: "misconfig", medic: true };
const TOKEN = "correct-horse-battery-staple";

async function detailOf(response: Response): Promise<string> {
  const { detail } = (await response.json()) as { detail: string };
  return detail;
}

test("starts a build with everything decided, so that it knows which client is hit", async () => {
  const { post, dispatched, board } = consoleBench();
  const response = await post("/api/v1/builds", GOOD);
  assert.deepEqual([response.status, await response.json()], [202, { id: "101-1" }]);
  const { target } = draw("misconfig", 4, 7);
  assert.deepEqual(dispatched, [{ ...GOOD, clients: 4, target, seed: 7 }]);
  const clients = board.view("101-1")?.clients ?? [];
  assert.deepEqual(
    clients.map(({ faulted }) => faulted),
    [0, 1, 2, 3].map((client) => client === target),
  );
});

test("passes on seed, target and number of clients that were asked for", async () => {
  const { post, dispatched } = consoleBench();
  await post("/api/v1/builds", { mode: "none", medic: false, seed: 5, target: "1", clients: 2 });
  assert.deepEqual(dispatched, [{ mode: "none", medic: false, clients: 2, target: 1, seed: 5 }]);
});

const WRONG: readonly [body: Record<string, unknown>, flags: BuildFlags][] = [
  [
    { mode: "chaos", medic: true },
    { mode: "chaos", medic: "on" },
  ],
  [{ mode: "misconfig" }, { mode: "misconfig" }],
  [{ medic: true }, { medic: "on" }],
  [
    { mode: "misconfig", medic: "maybe" },
    { mode: "misconfig", medic: "maybe" },
  ],
  [
    { ...GOOD, clients: 0 },
    { mode: "misconfig", medic: "on", clients: "0" },
  ],
  [
    { ...GOOD, target: 4 },
    { mode: "misconfig", medic: "on", target: "4" },
  ],
  [
    { ...GOOD, seed: -1 },
    { mode: "misconfig", medic: "on", seed: "-1" },
  ],
  [
    { ...GOOD, seed: "1e3" },
    { mode: "misconfig", medic: "on", seed: "1e3" },
  ],
];
for (const [body, flags] of WRONG) {
  test(`refuses ${JSON.stringify(body)} with the sentence of the command line`, async () => {
    const { post, dispatched } = consoleBench();
    const response = await post("/api/v1/builds", body);
    let sentence = "";
    try {
      readBuildOptions(flags, () => 7);
    } catch (error) {
      sentence = (error as Error).message;
    }
    assert.ok(sentence !== "");
    assert.deepEqual([response.status, await detailOf(response)], [400, sentence]);
    assert.deepEqual(dispatched, []);
  });
}

const HOSTILE: readonly unknown[] = [
  "misconfig\n",
  "misconfig\r\nx: y",
  "${{ secrets.GITHUB_TOKEN }}",
  "../../etc/passwd",
  'none"; rm -rf /',
  "none\u0000",
  "<script>alert(1)</script>",
  "constructor",
  "__proto__",
  ["none"],
  { toString: "none" },
  42,
  true,
  "x".repeat(3000),
];
test("takes nothing hostile for a mode, a seed, a client or a number of clients", async () => {
  const { post, dispatched, clock } = consoleBench();
  for (const value of HOSTILE) {
    for (const key of ["mode", "medic", "seed", "target", "clients"]) {
      if (key === "medic" && value === true) continue;
      if (key === "seed" && value === 42) continue;
      const response = await post("/api/v1/builds", { ...GOOD, [key]: value });
      assert.equal(response.status, 400, `${key}: ${JSON.stringify(value).slice(0, 60)}`);
      clock.now += 60_000;
    }
  }
  assert.deepEqual(dispatched, []);
});

test("takes no other field, no other shape and no broken JSON", async () => {
  const { post, dispatched } = consoleBench();
  for (const body of [
    { ...GOOD, ref: "evil" },
    { ...GOOD, workflow: "x.yml" },
    [],
    null,
    "no",
    "{",
    '{"mode":',
  ]) {
    assert.equal((await post("/api/v1/builds", body)).status, 400, JSON.stringify(body));
  }
  assert.deepEqual(dispatched, []);
});

test("takes no more clients than a farm's workflow has room for", async () => {
  const { post, dispatched } = consoleBench();
  const response = await post("/api/v1/builds", { ...GOOD, clients: 9 });
  assert.match(await detailOf(response), /--clients is a whole number from 1 to 8, not "9"/);
  assert.deepEqual(dispatched, []);
});

const FOREIGN: readonly [what: string, headers: Record<string, string>, status: number][] = [
  ["a page of another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }, 403],
  ["a page of another site in a browser without fetch metadata", { origin: "https://evil.example" }, 403],
  ["another server on this machine", { origin: "http://localhost:3000" }, 403],
  ["a page without an origin", { origin: "null" }, 403],
  ["a sibling site", { "sec-fetch-site": "same-site" }, 403],
  ["a form, which cannot set headers", { "x-farm-console": "" }, 403],
  ["a form that is encoded as text", { "content-type": "text/plain" }, 415],
  ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
];
for (const [what, headers, status] of FOREIGN) {
  test(`does nothing for ${what}`, async () => {
    const { post, dispatched, cancelled, board } = consoleBench();
    board.takeRun(aRun(5));
    for (const path of ["/api/v1/builds", "/api/v1/builds/5-1/cancel", "/api/v1/session"]) {
      assert.equal((await post(path, GOOD, headers)).status, status, path);
    }
    assert.deepEqual([dispatched, cancelled], [[], []]);
  });
}

test("answers a program that sends the header and no origin", async () => {
  const { app, dispatched } = consoleBench();
  const response = await app.request("http://127.0.0.1:8090/api/v1/builds", {
    method: "POST",
    headers: { "content-type": "application/json", "x-farm-console": "1" },
    body: JSON.stringify(GOOD),
  });
  assert.equal(response.status, 202);
  assert.equal(dispatched.length, 1);
});

test("answers on loopback to loopback names only, whatever the port", async () => {
  const { app } = consoleBench();
  const names = [
    "evil.example:8090",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8090",
    "10.0.0.1",
    "",
  ];
  for (const host of names) {
    for (const path of ["/", "/api/v1/builds", "/healthz"]) {
      const response = await app.request(`http://x${path}`, { headers: { host } });
      assert.equal(response.status, 421, `${host} ${path}`);
    }
  }
  for (const host of ["localhost:1", "127.0.0.1:8090", "[::1]:8090", "LOCALHOST"]) {
    assert.equal((await app.request("http://x/healthz", { headers: { host } })).status, 200, host);
  }
});

test("sends the strict headers with every answer, also with errors", async () => {
  const { app } = consoleBench();
  for (const path of ["/", "/api/v1/builds", "/nowhere", "/api/v1/builds/x", "/assets/none.js"]) {
    const response = await app.request(`http://localhost${path}`);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|\*/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(response.headers.get("access-control-allow-origin"), null, path);
  }
});

test("knows GET and POST alone", async () => {
  const { app, cancelled } = consoleBench();
  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE2"]) {
    const response = await app.request("http://localhost/api/v1/builds/5-1", {
      method,
      headers: PAGE_HEADERS,
    });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD, POST"], method);
  }
  assert.deepEqual(cancelled, []);
});

test("takes no long body", async () => {
  const { post, dispatched } = consoleBench();
  const response = await post("/api/v1/builds", { ...GOOD, seed: "1".repeat(5000) });
  assert.equal(response.status, 413);
  assert.deepEqual(dispatched, []);
});

test("lets six builds start at once, then one every ten seconds", async () => {
  const { post, dispatched, clock } = consoleBench({
    starter: { run: async (id) => aRun(id, { status: "completed" }) },
  });
  const statuses: number[] = [];
  for (let count = 0; count < 7; count += 1) statuses.push((await post("/api/v1/builds", GOOD)).status);
  assert.deepEqual(statuses, [202, 202, 202, 202, 202, 202, 429]);
  const refused = await post("/api/v1/builds", GOOD);
  assert.equal(refused.headers.get("retry-after"), "10");
  clock.now += 10_000;
  assert.equal((await post("/api/v1/builds", GOOD)).status, 202);
  assert.equal((await post("/api/v1/builds", GOOD)).status, 429);
  assert.equal(dispatched.length, 7);
});

test("starts no more builds than the farm takes at once", async () => {
  const { post, dispatched } = consoleBench();
  for (let count = 0; count < 4; count += 1) await post("/api/v1/builds", GOOD);
  const response = await post("/api/v1/builds", GOOD);
  assert.equal(response.status, 429);
  assert.match(await detailOf(response), /4 builds are under way; wait for one of them, or cancel it/);
  assert.equal(dispatched.length, 4);
});

test("cancels the run of a build that it knows, once it is known, and no other", async () => {
  const { post, cancelled, board } = consoleBench();
  board.takeRun(aRun(5));
  board.takeRun(aRun(6, { status: "completed", conclusion: "success" }));
  const hostile = [
    "..%2F..%2F5-1",
    "5",
    "5-2",
    "5-1%0A",
    "5-1/..",
    "%2e%2e",
    "5-1%00",
    "__proto__",
    "constructor",
  ];
  for (const id of hostile) {
    const response = await post(`/api/v1/builds/${id}/cancel`, {});
    assert.ok([404, 400].includes(response.status), `${id}: ${response.status}`);
  }
  assert.equal((await post("/api/v1/builds/6-1/cancel", {})).status, 409);
  assert.deepEqual(cancelled, []);
  assert.equal((await post("/api/v1/builds/5-1/cancel", {})).status, 202);
  assert.deepEqual(cancelled, [5]);
  assert.equal(board.view("5-1")?.cancelling, true);
});

test("hands on GitHub's own sentence, without the token that it may hold", async () => {
  const token = "ghp_abcdefghijklmnop";
  const { post, lines } = consoleBench({
    secrets: [token],
    starter: {
      dispatch: async () => {
        throw new GitHubError("unauthorised", `GitHub refuses the token ${token}; make a new one.`);
      },
    },
  });
  const response = await post("/api/v1/builds", GOOD);
  assert.deepEqual(
    [response.status, await detailOf(response)],
    [502, "GitHub refuses the token [masked]; make a new one."],
  );
  assert.doesNotMatch(lines.join("\n"), /ghp_/);
});

test("tells people nothing of a bug but that the log has it, and the log no secret", async () => {
  const { post, lines } = consoleBench({
    secrets: ["ghp_abcdefghijklmnop"],
    starter: {
      dispatch: async () => {
        throw new TypeError("cannot read ghp_abcdefghijklmnop of undefined");
      },
    },
  });
  const response = await post("/api/v1/builds", GOOD);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /cannot read|ghp_/);
  assert.deepEqual(lines, ["request failed: cannot read [masked] of undefined"]);
});

function guarded() {
  const clock = { now: 1_700_000_000_000 };
  const sessions = createSessions(TOKEN, () => clock.now);
  return consoleBench({ host: "0.0.0.0", sessions, secrets: [TOKEN], clock });
}

test("shows nothing and does nothing without the token where one is needed", async () => {
  const { app, post, dispatched } = guarded();
  for (const path of [
    "/api/v1/builds",
    "/api/v1/farm",
    "/api/v1/stream",
    "/api/v1/builds/5-1",
    "/api/nowhere",
  ]) {
    assert.equal((await app.request(`http://farm:8090${path}`)).status, 401, path);
  }
  assert.equal((await post("/api/v1/builds", GOOD)).status, 401);
  assert.equal((await post("/api/v1/builds/5-1/cancel", {})).status, 401);
  assert.deepEqual(dispatched, []);
});

test("keeps a session in a cookie that no script reads and no other site sends, and that is not the token", async () => {
  const { app, post } = guarded();
  const opened = await post("/api/v1/session", { token: TOKEN });
  assert.equal(opened.status, 200);
  const cookie = opened.headers.get("set-cookie") ?? "";
  assert.match(cookie, /; HttpOnly/);
  assert.match(cookie, /; SameSite=Strict/);
  assert.doesNotMatch(cookie + (await opened.text()), new RegExp(TOKEN));
  const [pair = ""] = cookie.split(";");
  const read = (value: string) =>
    app.request("http://farm:8090/api/v1/builds", { headers: { cookie: value } });
  assert.equal((await read(pair)).status, 200);
  assert.equal((await read(`${pair}x`)).status, 401);
  assert.equal((await read(`farm-console-8090=${TOKEN}`)).status, 401);
  await post("/api/v1/session/end", {}, { cookie: pair });
  assert.equal((await read(pair)).status, 401);
});

test("ends a session after twelve hours", async () => {
  const { app, post, clock } = guarded();
  const cookie =
    (await post("/api/v1/session", { token: TOKEN })).headers.get("set-cookie")?.split(";")[0] ?? "";
  clock.now += 12 * 3_600_000 + 1;
  assert.equal((await app.request("http://farm:8090/api/v1/builds", { headers: { cookie } })).status, 401);
});

test("takes the token as a header, and never in an address", async () => {
  const { app } = guarded();
  const read = (path: string, authorization?: string) =>
    app.request(`http://farm:8090${path}`, { headers: authorization === undefined ? {} : { authorization } });
  assert.equal((await read("/api/v1/builds", `Bearer ${TOKEN}`)).status, 200);
  assert.equal((await read("/api/v1/builds", `Bearer ${TOKEN}x`)).status, 401);
  assert.equal((await read(`/api/v1/builds?token=${TOKEN}&access_token=${TOKEN}`)).status, 401);
});

test("stops whoever guesses tokens, and not whoever has the right one", async () => {
  const { post, app, clock } = guarded();
  for (let count = 0; count < 10; count += 1)
    assert.equal((await post("/api/v1/session", { token: `guess-${count}` })).status, 401);
  assert.equal((await post("/api/v1/session", { token: "guess" })).status, 429);
  const guess = await app.request("http://farm/api/v1/builds", {
    headers: { authorization: "Bearer guess" },
  });
  assert.equal(guess.status, 429);
  assert.equal((await post("/api/v1/session", { token: TOKEN })).status, 200);
  clock.now += 6000;
  assert.equal((await post("/api/v1/session", { token: "guess" })).status, 401);
});

test("masks a secret wherever it stands in what it shows", async () => {
  const secret = "ghp_abcdefghijklmnop";
  const { app, board } = consoleBench({ secrets: [secret] });
  board.takeRun(aRun(5, { title: `Build ${secret}` }));
  board.look();
  for (const path of ["/api/v1/builds", "/api/v1/builds/5-1"]) {
    const text = await (await app.request(`http://localhost${path}`)).text();
    assert.match(text, /Build \[masked\]/, path);
    assert.doesNotMatch(text, /ghp_/, path);
  }
});
