import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { imageNotFound } from "../../test/support/stack-pieces.ts";
import type { Annotation, WorkflowJob } from "../github/build-starter.ts";
import { clientNow } from "./client-state.ts";
import type { ClientFacts, ClientNow } from "./client-state.ts";

const job = (more: Partial<WorkflowJob> = {}): WorkflowJob => ({
  id: 1,
  name: "client (0)",
  status: "in_progress",
  steps: [],
  ...more,
});
const failed = job({ status: "completed", conclusion: "failure" });
const said = (message: string, title = "client 0"): readonly Annotation[] => [
  { level: "failure", title, message },
];

function now(facts: Partial<ClientFacts> = {}, stack = aStack()): ClientNow {
  const { statefulSets: sets, pods } = stack.snapshot();
  return clientNow({
    job: job(),
    annotations: [],
    sets,
    pods,
    runEnded: false,
    before: undefined,
    tested: false,
    ...facts,
  });
}
const bare = { sets: [], pods: [] };

test("goes from queued to passed as job and stack do", () => {
  assert.deepEqual(now({ job: undefined, ...bare }), { state: "queued" });
  assert.deepEqual(now({ job: job({ status: "queued" }), ...bare }), { state: "queued" });
  assert.deepEqual(now(bare), { state: "deploying" });
  const broken = aStack().withPod(imageNotFound("server:none"));
  assert.deepEqual(now({}, broken), { state: "waiting", words: "server-0-0 ImagePullBackOff" });
  assert.deepEqual(now(), { state: "ready" });
  assert.deepEqual(now({}, aStack().testsStarted()), { state: "testing" });
  const passed = { job: job({ status: "completed", conclusion: "success" }) };
  assert.deepEqual(now(passed, aStack().testsStarted()), { state: "passed" });
});

test("is not ready while a StatefulSet has no pod", () => {
  assert.deepEqual(now({}, aStack().withoutPod()), {
    state: "waiting",
    words: "a pod that is not there yet",
  });
  assert.deepEqual(now({}, aStack().withoutPod().withoutPod("db")), {
    state: "waiting",
    words: "no pods yet",
  });
});

test("tells a failure of the environment from one of the tests by how the workflow words it", () => {
  assert.deepEqual(now({ job: failed, annotations: said("environment: not ready within 90 s"), ...bare }), {
    state: "failed",
    failure: "environment",
    why: "not ready within 90 s",
  });
  assert.deepEqual(now({ job: failed, annotations: said("tests: 2 of 19 tests failed"), ...bare }), {
    state: "failed",
    failure: "tests",
    why: "2 of 19 tests failed",
  });
});

test("calls no failure anything that is not said, and names the step", () => {
  const steps = [
    { number: 3, name: "Wait for the stack", status: "completed", conclusion: "failure" },
  ] as const;
  const why = 'the step "Wait for the stack" failed';
  const annotations = [
    ...said("Process completed with exit code 1."),
    { level: "notice", message: "tests: 19 passed" } as const,
  ];
  assert.deepEqual(now({ job: { ...failed, steps }, annotations, ...bare }), {
    state: "failed",
    failure: "unknown",
    why,
  });
  assert.deepEqual(now({ job: { ...failed, steps }, tested: true, ...bare }), {
    state: "failed",
    failure: "tests",
    why,
  });
});

test("does not step back while the build is torn down", () => {
  for (const before of ["waiting", "ready", "testing"] as const) {
    assert.deepEqual(now({ before, ...bare }), { state: before });
  }
});

test("counts a job that never began, or was cut off, as cancelled", () => {
  assert.deepEqual(now({ job: undefined, runEnded: true, ...bare }), { state: "cancelled" });
  assert.deepEqual(now({ job: job({ status: "completed", conclusion: "cancelled" }) }), {
    state: "cancelled",
  });
  assert.deepEqual(now({ job: job({ status: "completed", conclusion: "skipped" }) }), { state: "cancelled" });
});
