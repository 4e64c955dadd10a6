import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import {
  CAME_UP,
  DEPLOYED,
  MINUTE,
  SECOND,
  crashed,
  running,
  waiting,
} from "../../../test/support/stack-pieces.ts";
import type { ContainerState, TerminatedState } from "../snapshot.ts";
import { cannotRunRule, containerConfigRule, crashRule } from "./container.ts";

const ended = (changes: Partial<TerminatedState> = {}): TerminatedState => ({
  reason: "Error",
  exitCode: 1,
  message: "",
  finishedAt: CAME_UP + SECOND,
  ...changes,
});
const withContainers = (...containers: readonly Partial<ContainerState>[]): StackBuilder =>
  aStack().withPod((pod) => ({
    ...running(DEPLOYED)(pod),
    containers: containers.map((changes, index) => {
      const { runningSince: _, ...base } = pod.containers[0]!;
      return { ...base, name: `c${index}`, ready: false, started: false, ...changes };
    }),
  }));

test("a container that cannot be made refers to something missing; that may come in a minute", () => {
  const stack = aStack().withPod(waiting("CreateContainerConfigError", 'secret "s" not found'));
  const early = containerConfigRule(stack.after(10 * SECOND).podCase())!;
  assert.equal(early.reason, "ContainerConfigError");
  assert.equal(early.patienceUntil, DEPLOYED + MINUTE);
  assert.match(early.message, /^server-0-0 cannot make container server: secret "s" not found$/);
  assert.equal(containerConfigRule(stack.after(MINUTE).podCase())!.class, "beyond");
});

test("a runtime that does not make the container gets the time of its own limits", () => {
  const stack = aStack()
    .withPod(waiting("CreateContainerError"))
    .after(3 * MINUTE);
  const finding = containerConfigRule(stack.podCase())!;
  assert.equal(finding.patienceUntil, DEPLOYED + 4 * MINUTE);
  assert.match(finding.message, /: CreateContainerError$/);
});

test("the time before the pod had a node does not count against its containers", () => {
  const stack = aStack()
    .withPod((pod) => ({
      ...waiting("CreateContainerConfigError")(pod),
      conditions: [{ type: "PodScheduled", status: "True", since: DEPLOYED + 9 * MINUTE }],
    }))
    .after(9 * MINUTE + 10 * SECOND);
  assert.equal(containerConfigRule(stack.podCase())!.class, "wait");
});

test("a container that runs or waits for something else is none of these rules'", () => {
  const stack = aStack().withPod(waiting("ContainerCreating"));
  assert.equal(containerConfigRule(stack.podCase()), undefined);
  assert.equal(cannotRunRule(stack.podCase()), undefined);
  assert.equal(crashRule(stack.podCase()), undefined);
  assert.equal(cannotRunRule(aStack().podCase()), undefined);
});

const cannotRun: Record<string, Partial<ContainerState>> = {
  "the runtime's StartError": { lastTerminated: ended({ reason: "StartError", exitCode: 0 }) },
  "exit code 128": { terminated: ended({ exitCode: 128 }) },
  "a shell's 127": { lastTerminated: ended({ exitCode: 127 }) },
  "a shell's 126": { lastTerminated: ended({ exitCode: 126 }) },
};
for (const [what, container] of Object.entries(cannotRun)) {
  test(`${what} means that the command cannot be started, now and later`, () => {
    const finding = cannotRunRule(withContainers(container).podCase())!;
    assert.equal(finding.reason, "ContainerCannotRun");
    assert.equal(finding.class, "beyond");
    assert.equal(finding.terminal, true);
    assert.match(finding.message, /exit code/);
  });
}

test("the runtime's own words say which command it is", () => {
  const message = 'exec: "nope": executable file not found in $PATH';
  const finding = cannotRunRule(
    withContainers({ lastTerminated: ended({ reason: "StartError", exitCode: 128, message }) }).podCase(),
  )!;
  assert.match(finding.message, /cannot start the command of container c0: exec: "nope"/);
});

test("a command that could not be started once and runs now is no trouble", () => {
  const stack = withContainers({ lastTerminated: ended({ exitCode: 128 }), runningSince: CAME_UP });
  assert.equal(cannotRunRule(stack.podCase()), undefined);
});

test("another container that cannot run is found behind one that runs again", () => {
  const stack = withContainers(
    { lastTerminated: ended({ exitCode: 128 }), runningSince: CAME_UP },
    { lastTerminated: ended({ exitCode: 127 }) },
  );
  assert.match(cannotRunRule(stack.podCase())!.message, /container c1/);
});

test("a container that ended four times is a crash loop, at once", () => {
  const finding = crashRule(
    aStack()
      .withPod(crashed({ message: "boom" }, 3))
      .podCase(),
  )!;
  assert.equal(finding.reason, "CrashLoop");
  assert.equal(finding.class, "beyond");
  assert.equal(finding.terminal, true);
  assert.match(finding.message, /ended 4 times, last with Error, exit code 1: boom$/);
});

test("a container that ended once or twice may come up yet, for ninety seconds on its node", () => {
  const stack = aStack().withPod(crashed({}, 1));
  const early = crashRule(stack.after(60 * SECOND).podCase())!;
  assert.equal(early.class, "wait");
  assert.equal(early.patienceUntil, DEPLOYED + 90 * SECOND);
  assert.equal(crashRule(stack.after(90 * SECOND).podCase())!.class, "beyond");
});

test("killed for its memory is told at once, whatever else it waits for", () => {
  const stack = aStack()
    .withPod(crashed({ reason: "OOMKilled", exitCode: 137 }, 0))
    .withPod(running(DEPLOYED), "db");
  const finding = crashRule(stack.podCase())!;
  assert.equal(finding.reason, "OutOfMemory");
  assert.equal(finding.class, "beyond");
});

test("a negative exit code of Windows is told as people search for it", () => {
  const finding = crashRule(
    aStack()
      .withPod(crashed({ exitCode: -1073741502 }))
      .podCase(),
  )!;
  assert.match(finding.message, /exit code -1073741502 \(0xC0000142\)$/);
});

test("an end without a reason says so", () => {
  assert.match(
    crashRule(
      aStack()
        .withPod(crashed({ reason: "" }))
        .podCase(),
    )!.message,
    /no reason, exit/,
  );
});

test("an init container that did its work is no crash, the container behind it may be one", () => {
  const done = { init: true, terminated: ended({ reason: "Completed", exitCode: 0 }) };
  assert.equal(crashRule(withContainers(done, {}).podCase()), undefined);
  const crash = { restarts: 5, lastTerminated: ended() };
  assert.match(crashRule(withContainers(done, crash).podCase())!.message, /container c1/);
});

test("an init container that fails is one like any other", () => {
  const failed = { init: true, restarts: 5, terminated: ended({ exitCode: 2 }) };
  assert.equal(crashRule(withContainers(failed).podCase())!.class, "beyond");
});

test("a server that ends again and again waits as long as its database is not ready", () => {
  const stack = aStack().withPod(crashed()).withPod(waiting("ContainerCreating"), "db");
  const finding = crashRule(stack.podCase())!;
  assert.equal(finding.reason, "DependencyNotReady");
  assert.equal(finding.class, "wait");
  assert.match(finding.message, /ended 5 times, .*, while its database is not ready/);
});

test("a server that has not run since its database became ready gets its next start", () => {
  const stack = aStack().withPod(crashed({ finishedAt: CAME_UP - SECOND }));
  const early = crashRule(stack.after(MINUTE).podCase())!;
  assert.equal(early.class, "wait");
  assert.equal(early.patienceUntil, CAME_UP - SECOND + 5 * MINUTE + 10 * SECOND);
  assert.equal(crashRule(stack.after(6 * MINUTE).podCase())!.class, "beyond");
});

test("a server that ended after its database was ready has no such excuse", () => {
  const finding = crashRule(
    aStack()
      .withPod(crashed({ finishedAt: CAME_UP + SECOND }))
      .podCase(),
  )!;
  assert.equal(finding.class, "beyond");
});

test("a database waits for nobody", () => {
  const stack = aStack().withPod(crashed(), "db").withPod(waiting("ContainerCreating"));
  assert.equal(crashRule(stack.podCase("db"))!.class, "beyond");
});

test("a server without a database in its stack waits for none", () => {
  assert.equal(crashRule(aStack().withoutSet("db").withPod(crashed()).podCase())!.class, "beyond");
});
