import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { aRun, consoleBench } from "../../test/support/console-bench.ts";
import { anIncident } from "../../test/support/served-api.ts";
import { imageNotFound } from "../../test/support/stack-pieces.ts";
import type { WorkflowJob } from "../github/build-starter.ts";
import type { Asked } from "./build-facts.ts";
import type { Sight } from "./build-view.ts";
import type { ClientView } from "./view.ts";

const ASKED: Asked = { mode: "misconfig", medic: true, clients: 2, target: 1, seed: 5, fault: "misconfig" };

function job(client: number, more: Partial<WorkflowJob> = {}): WorkflowJob {
  return { id: 10 + client, name: `client (${client})`, status: "in_progress", steps: [], ...more };
}

function stackOf(stack = aStack()): ReturnType<Sight["stack"]> {
  const { statefulSets: sets, pods } = stack.snapshot();
  return { sets, pods };
}

test("joins the run, its jobs, the cluster and the medic's incidents into one build", () => {
  const incident = anIncident("inc-1", { spec: { client: "1", runId: "5-1" } });
  const { board, clock } = consoleBench({
    sight: {
      namespace: (id) => (id === "5-1" ? "build-5-1" : undefined),
      stack: (_, client) =>
        client === 1 ? stackOf(aStack().withPod(imageNotFound("server:none"))) : stackOf(),
      incidents: (id) => (id === "5-1" ? [incident] : []),
      dashboard: "http://127.0.0.1:8080",
    },
  });
  board.takeRun(aRun(5, { status: "in_progress", startedAt: new Date(clock.now).toISOString() }), ASKED);
  const fault = {
    number: 4,
    name: "Fault",
    status: "completed",
    conclusion: "success",
    completedAt: new Date(clock.now + 9000).toISOString(),
  } as const;
  board.takeJobs("5-1", [job(0, { steps: [fault] }), job(1, { steps: [fault] })]);
  board.look();
  const view = board.view("5-1")!;
  assert.deepEqual(
    [view.namespace, view.status, view.mode, view.seed],
    ["build-5-1", "running", "misconfig", 5],
  );
  const [healthy, hit] = view.clients as [ClientView, ClientView];
  assert.deepEqual(
    [healthy.state, healthy.faulted, healthy.faultAt, healthy.incidents],
    ["ready", false, undefined, []],
  );
  assert.deepEqual([hit.state, hit.faulted, hit.faultAt], ["waiting", true, clock.now + 9000]);
  assert.equal(hit.spans.at(-1)!.waits.at(-1)!.words, "server-0-0 ImagePullBackOff");
  assert.equal(hit.incidents[0]!.name, "inc-1");
  assert.equal(hit.incidents[0]!.storyUrl, "http://127.0.0.1:8080/#/incidents/inc-1");
});

test("keeps what it saw when the namespace and the incident are gone", () => {
  let there = true;
  const incident = anIncident("inc-1", { spec: { client: "0", runId: "5-1" } });
  const { board, clock } = consoleBench({
    sight: {
      namespace: () => (there ? "build-5-1" : undefined),
      stack: () => stackOf(aStack().testsStarted()),
      incidents: () => (there ? [incident] : []),
    },
  });
  board.takeRun(aRun(5, { status: "in_progress" }));
  board.takeJobs("5-1", [job(0)]);
  board.look();
  there = false;
  clock.now += 1000;
  board.look();
  const client = board.view("5-1")?.clients[0];
  assert.deepEqual([client?.state, client?.incidents[0]?.name], ["testing", "inc-1"]);
});

test("shows a build only what carries exactly its run id, whatever labels there are", () => {
  const hostile = [
    "5-1 ",
    "5-1\n",
    "../5-1",
    '5-1"',
    "5-1'--",
    "${{5-1}}",
    "<b>5-1</b>",
    "",
    "__proto__",
    "5-11",
  ];
  const asked: string[] = [];
  const { board } = consoleBench({
    sight: {
      namespace: (id) => {
        asked.push(id);
        return hostile.includes(id) ? "kube-system" : undefined;
      },
    },
  });
  board.takeRun(aRun(5));
  board.look();
  assert.deepEqual([...new Set(asked)], ["5-1"]);
  assert.equal(board.view("5-1")?.namespace, undefined);
});

test("takes only the matrix's own jobs for clients", () => {
  const { board } = consoleBench();
  board.takeRun(aRun(5, { status: "in_progress" }));
  const names = [
    "client (1)",
    "client (2, x)",
    "client (../3)",
    "client 4",
    "evil client (5)",
    "client (6)\n",
    "prepare",
  ];
  board.takeJobs(
    "5-1",
    names.map((name, id) => ({ ...job(id), name })),
  );
  board.look();
  assert.deepEqual(
    board.view("5-1")?.clients.map(({ client }) => client),
    [1, 2],
  );
});

test("makes a link of a web address only", () => {
  for (const [url, shown] of [
    ["https://github.com/acme/app/actions/runs/5", true],
    ["javascript:alert(1)", false],
    ["data:text/html,x", false],
    ["//evil.example", false],
  ] as const) {
    const { board } = consoleBench({ sight: { linkRuns: true } });
    board.takeRun(aRun(5, { url }));
    board.look();
    assert.equal(board.view("5-1")?.url, shown ? url : undefined);
  }
});

test("gives another attempt of a run its own build with the same inputs", () => {
  const { board } = consoleBench();
  board.takeRun(aRun(5, { status: "completed", conclusion: "failure" }), ASKED);
  board.takeRun(aRun(5, { attempt: 2 }));
  board.look();
  assert.deepEqual(
    board.views().map(({ id, seed }) => [id, seed]),
    [
      ["5-1", 5],
      ["5-2", 5],
    ],
  );
});

test("forgets the oldest builds that are over, and never one under way", () => {
  const { board } = consoleBench();
  const gone: string[] = [];
  board.subscribe((change) => change.type === "gone" && gone.push(change.id));
  board.takeRun(aRun(1, { status: "in_progress" }));
  board.takeRuns(Array.from({ length: 60 }, (_, index) => aRun(2 + index, { status: "completed" })));
  board.look();
  board.takeRuns([aRun(100, { status: "completed" })]);
  board.look();
  assert.equal(board.views().length, 60);
  assert.ok(board.view("1-1") !== undefined && board.view("100-1") !== undefined);
  assert.equal(board.view("2-1"), undefined);
  assert.deepEqual(gone, ["3-1"]);
});

test("tells only of builds that changed", () => {
  const { board } = consoleBench();
  const told: string[] = [];
  board.subscribe((change) => change.type === "build" && told.push(change.build.id));
  board.takeRuns([aRun(1), aRun(2)]);
  board.look();
  board.look();
  board.takeRun(aRun(2, { status: "in_progress" }));
  board.look();
  assert.deepEqual(told, ["1-1", "2-1", "2-1"]);
});
