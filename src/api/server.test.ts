import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { Hono } from "hono";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { aStack } from "../../test/support/builders.ts";
import { anIncident, detectedAt, served } from "../../test/support/served-api.ts";
import { createRedactor } from "../core/redact.ts";
import type { ApiDeps } from "./deps.ts";
import { addPage } from "./pages.ts";

async function get(
  given: Partial<ApiDeps>,
  path: string,
): Promise<{ status: number; body: unknown; type: string | null }> {
  const response = await served(given).api.request(path);
  const type = response.headers.get("content-type");
  return {
    status: response.status,
    type,
    body: type?.includes("json") === true ? await response.json() : await response.text(),
  };
}

test("is healthy as long as it answers, and ready when its watches are", async () => {
  assert.equal((await get({}, "/healthz")).status, 200);
  assert.deepEqual(await get({}, "/readyz"), {
    status: 200,
    type: "application/json",
    body: { ready: true, checks: { pods: true } },
  });
  const ready = () => ({ ready: false, checks: { pods: "watch: 500, token=abc123", nodes: true } });
  assert.deepEqual(await get({ ready }, "/readyz"), {
    status: 503,
    type: "application/json",
    body: { ready: false, checks: { pods: "watch: 500, token=[masked]", nodes: true } },
  });
});

test("gives the metrics as Prometheus wants them", async () => {
  assert.deepEqual(await get({}, "/metrics"), {
    status: 200,
    type: "text/plain; version=0.0.4",
    body: "up 1\n",
  });
});

test("cannot be made to do anything: every other method is refused everywhere", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE2"]) {
    for (const path of ["/", "/api/v1/incidents", "/api/v1/incidents/a", "/metrics", "/nowhere"]) {
      const response = await served().api.request(path, { method });
      assert.deepEqual(
        [response.status, response.headers.get("allow")],
        [405, "GET, HEAD"],
        `${method} ${path}`,
      );
    }
  }
});

test("answers HEAD like GET, without a body and without opening a stream", async () => {
  for (const path of ["/", "/api/v1/incidents", "/api/v1/stream"]) {
    const { api, listeners } = served();
    const response = await api.request(path, { method: "HEAD" });
    assert.deepEqual([response.status, await response.text(), listeners.size], [200, "", 0], path);
  }
});

test("sends security headers with every answer, also with errors", async () => {
  for (const path of ["/", "/api/v1/incidents", "/nowhere", "/api/v1/incidents?limit=x", "/api/v1/stream"]) {
    const response = await served().api.request(path);
    assert.match(
      response.headers.get("content-security-policy") ?? "",
      /^default-src 'none';.*frame-ancestors 'none'$/,
      path,
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(
      response.headers.get("cache-control"),
      path.endsWith("stream") ? "no-cache" : "no-store",
      path,
    );
    await response.body?.cancel();
  }
});

const hosts: readonly [bound: string, header: string, status: number][] = [
  ["127.0.0.1", "localhost:8080", 200],
  ["127.0.0.1", "127.0.0.1", 200],
  ["127.0.0.1", "[::1]:8080", 200],
  ["localhost", "LOCALHOST", 200],
  ["127.0.0.1", "evil.example:8080", 421],
  ["127.0.0.1", "127.0.0.1.evil.example", 421],
  ["127.0.0.1", "localhost.evil.example", 421],
  ["::1", "evil.example", 421],
  ["0.0.0.0", "build-medic.build-medic.svc:8080", 200],
];
for (const [host, header, status] of hosts) {
  test(`answers ${status} to Host ${header} when bound to ${host}`, async () => {
    const response = await served({ host }).api.request("/healthz", { headers: { host: header } });
    assert.equal(response.status, status);
  });
}

test("lists incidents newest first, with times in RFC 3339", async () => {
  const listIncidents = () => [anIncident("old"), anIncident("new", { createdAt: detectedAt + 1000 })];
  const { body } = await get({ listIncidents }, "/api/v1/incidents");
  const { incidents } = body as { incidents: Record<string, unknown>[] };
  assert.deepEqual(
    incidents.map(({ name }) => name),
    ["new", "old"],
  );
  assert.deepEqual(incidents[1], {
    name: "old",
    uid: "uid-old",
    createdAt: "2026-01-02T03:04:05.006Z",
    spec: {
      namespace: "ci-1",
      client: "0",
      runId: "4711",
      statefulSet: "server-0",
      statefulSetUid: "s",
      pod: "server-0-0",
    },
    status: {
      phase: "Verifying",
      tier: 1,
      reason: "ImageDrift",
      rootCause: "The image was changed.",
      findings: [
        {
          reason: "ImageDrift",
          class: "drift",
          subject: "Pod/a",
          message: "m",
          since: "2026-01-02T03:04:05.006Z",
          terminal: true,
        },
      ],
      attempts: [
        {
          action: "restart-pod",
          target: "Pod/a",
          by: "playbook",
          at: "2026-01-02T03:04:05.006Z",
          outcome: "applied",
          detail: "",
        },
      ],
      times: { Detected: "2026-01-02T03:04:05.006Z" },
    },
  });
});

test("filters incidents by phase, namespace, build and number", async () => {
  const listIncidents = () => [
    anIncident("a"),
    anIncident("b", { status: { phase: "Resolved" } }),
    anIncident("c", { spec: { namespace: "ci-2", runId: "4712" } }),
  ];
  const names = async (query: string): Promise<string[]> => {
    const { body } = await get({ listIncidents }, `/api/v1/incidents?${query}`);
    return (body as { incidents: { name: string }[] }).incidents.map(({ name }) => name);
  };
  assert.deepEqual(await names("phase=Resolved"), ["b"]);
  assert.deepEqual(await names("phase=Resolved,Verifying"), ["a", "b", "c"]);
  assert.deepEqual(await names("namespace=ci-2"), ["c"]);
  assert.deepEqual(await names("runId=4711&limit=1"), ["a"]);
});

test("says what a filter accepts", async () => {
  for (const [query, sentence] of [
    ["phase=Healed", /^phase accepts Detected, .*commas between\.$/],
    ["limit=0", /^limit accepts a whole number from 1 to 1000\.$/],
    ["limit=x", /^limit accepts/],
  ] as const) {
    const { status, type, body } = await get({}, `/api/v1/incidents?${query}`);
    assert.deepEqual([status, type], [400, "application/problem+json"]);
    assert.match((body as { detail: string }).detail, sentence);
  }
});

test("shows one incident with its transcript, masked, and 404 for another", async () => {
  const deps: Partial<ApiDeps> = {
    listIncidents: () => [anIncident("a", { status: { rootCause: "PASSWORD=hunter22 and zebra-zebra" } })],
    transcript: async () => [{ text: "token: hunter22" }],
    redactor: createRedactor({ known: ["zebra-zebra"] }),
  };
  const { status, body } = await get(deps, "/api/v1/incidents/a");
  assert.equal(status, 200);
  assert.doesNotMatch(JSON.stringify(body), /hunter22|zebra/);
  assert.deepEqual((body as { transcript: unknown }).transcript, [{ text: "token: [masked]" }]);
  const missing = await get(deps, "/api/v1/incidents/b");
  assert.deepEqual([missing.status, missing.type], [404, "application/problem+json"]);
  assert.equal((await get(deps, "/api/v1/incidents/constructor")).status, 404);
});

test("groups stacks and incidents by build, and keeps a build whose namespace is gone", async () => {
  const deps: Partial<ApiDeps> = {
    listStacks: () => [
      aStack().snapshot(),
      aStack().testsStarted().namespace({ name: "ci-0", runId: "4709" }).snapshot(),
    ],
    listIncidents: () => [
      anIncident("a"),
      anIncident("z", { spec: { runId: "4700", namespace: "ci-gone" }, createdAt: 1 }),
    ],
  };
  const { body } = await get(deps, "/api/v1/builds");
  const stacks = [
    { name: "db-0", ready: 1, wanted: 1 },
    { name: "server-0", ready: 1, wanted: 1 },
  ];
  assert.deepEqual(body, {
    builds: [
      {
        runId: "4711",
        namespaces: ["ci-1"],
        stacks: [
          {
            namespace: "ci-1",
            client: "0",
            state: "in-trouble",
            statefulSets: stacks,
            incident: { name: "a", phase: "Verifying", reason: "ImageDrift" },
          },
        ],
        incidents: ["a"],
      },
      { runId: "4700", namespaces: ["ci-gone"], stacks: [], incidents: ["z"] },
      {
        runId: "4709",
        namespaces: ["ci-0"],
        stacks: [{ namespace: "ci-0", client: "0", state: "testing", statefulSets: stacks }],
        incidents: [],
      },
    ],
  });
});

test("the page is built files alone: no inline script or style, and everything it names is ours and may be kept", async () => {
  const response = await served().api.request("/");
  const page = await response.text();
  assert.deepEqual(
    [response.status, response.headers.get("content-type"), response.headers.get("cache-control")],
    [200, "text/html; charset=UTF-8", "no-store"],
  );
  assert.doesNotMatch(page, /<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=/i);
  const links = [...page.matchAll(/<(?:script|link)[^>]*\s(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
  assert.ok(links.length >= 3, page);
  for (const link of links) {
    assert.match(link, /^\/assets\/[\w-]+-[\w-]{8}\.(?:js|css|svg)$/);
    const file = await served().api.request(link);
    assert.deepEqual(
      [file.status, file.headers.get("cache-control")],
      [200, "public, max-age=31536000, immutable"],
      link,
    );
    assert.equal(file.headers.get("x-content-type-options"), "nosniff");
  }
});

test("says what to run where the page is not built", async () => {
  const app = new Hono();
  addPage(app, "dashboard", new URL("file:///nowhere/"));
  const response = await app.request("/");
  assert.equal(response.status, 503);
  assert.match(await response.text(), /^The page is not built: run `npm run build:web` in [^\n]*\.\n$/);
});

test("serves nothing but the built files", async () => {
  for (const path of [
    "/assets/none.js",
    "/assets/..%2f..%2f..%2fpackage.js",
    "/assets/%2e%2e/dashboard/index.html",
    "/assets/../dashboard/index.html",
    "/assets/.js",
    "/dashboard/index.html",
    "/assets/",
  ]) {
    assert.equal((await served().api.request(path)).status, 404, path);
  }
});

test("answers a failure with a problem that gives nothing away, and logs it", async () => {
  const log = collectingLog();
  const metrics = () => Promise.reject(new Error("token=abc123"));
  const { status, body } = await get({ metrics, log }, "/metrics");
  assert.deepEqual(
    [status, body],
    [500, { title: "Internal error", status: 500, detail: "The request failed; the log says why." }],
  );
  assert.equal(log.lines[0]?.message, "http request failed");
});

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, until: RegExp): Promise<string> {
  let text = "";
  while (!until.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended with ${text}`);
    text += new TextDecoder().decode(value);
  }
  return text;
}

test("streams every incident as it is, then each change with its id, and a heartbeat when nothing happens", async () => {
  const { api, clock, tell } = served({ listIncidents: () => [anIncident("a")] });
  const response = await api.request("/api/v1/stream");
  const reader = response.body!.getReader();
  const first = await read(reader, /\n\n[^]*\n\n$/);
  assert.match(first, /^retry: 2000\n\nevent: incident-changed\ndata: \{"name":"a",.*\}\nid: a\/7\n\n$/);
  tell({ type: "incident-removed", incident: anIncident("b", { status: { rootCause: "token=abc123" } }) });
  const second = await read(reader, /\n\n$/);
  assert.match(second, /^event: incident-removed\ndata: .*"rootCause":"token=\[masked\]".*\nid: b\/7\n\n$/);
  await clock.step(15_000);
  assert.equal(await read(reader, /\n\n$/), ": heartbeat\n\n");
  await reader.cancel();
});

test("gives a slow reader only the newest state of each incident", async () => {
  const { api, tell } = served();
  const reader = (await api.request("/api/v1/stream")).body!.getReader();
  await read(reader, /retry/);
  await setImmediate();
  for (let index = 0; index < 1000; index++) {
    tell({ type: "incident-changed", incident: { ...anIncident("a"), resourceVersion: String(index) } });
  }
  const text = await read(reader, /id: a\/999/);
  assert.ok(text.split("event:").length <= 3, text);
  await reader.cancel();
});

test("bounds the number of streams, and frees the place and the subscription of one that ends", async () => {
  const { api, listeners } = served({ maxStreams: 1 });
  const reader = (await api.request("/api/v1/stream")).body!.getReader();
  await read(reader, /retry/);
  const refused = await api.request("/api/v1/stream");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "10"]);
  assert.equal(listeners.size, 1);
  await reader.cancel();
  do await setImmediate();
  while (listeners.size > 0);
  const again = await api.request("/api/v1/stream");
  assert.equal(again.status, 200);
  await again.body?.cancel();
});
