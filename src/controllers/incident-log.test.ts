import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../test/support/builders.ts";
import { World, call, startMedic } from "../../test/support/medic-harness.ts";
import { SECOND, imageNotFound } from "../../test/support/stack-pieces.ts";
import type { Attempt, IncidentStatus } from "../core/incident.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { MedicError } from "../lib/medic-error.ts";
import { entered, withAttempt } from "./incident-log.ts";
import type { Account } from "./incident-log.ts";

const snapshot = aStack().withPod(imageNotFound("x:1")).snapshot();
const account: Account = {
  phase: "Remediating",
  reason: "ImageDrift",
  rootCause: "a bad image",
  findings: [],
};
const about = (subject: string): Account => ({
  ...account,
  findings: [{ reason: "ImageDrift", class: "drift", subject, message: "", since: 0, terminal: false }],
});
const known = (from: Snapshot, name: string, status: IncidentStatus): Snapshot => ({
  ...from,
  incident: { name, status },
});

test("an incident is made with a name that follows from its stack, in the phase that it is in", async () => {
  const world = new World();
  const { name, status, spec } = await startMedic(world).incidentLog.open(snapshot, account, call);
  assert.equal(name, "ci-1-0-uid-serv-1");
  assert.deepEqual(status.times, { Detected: world.clock.now(), Remediating: world.clock.now() });
  assert.deepEqual(
    [status.phase, status.reason, status.rootCause],
    ["Remediating", "ImageDrift", "a bad image"],
  );
  assert.deepEqual(spec, {
    namespace: "ci-1",
    client: "0",
    runId: "4711",
    statefulSet: "server-0",
    statefulSetUid: "uid-server-0",
    pod: "server-0-0",
  });
});

test("two medics that see the same outage have one incident", async () => {
  const world = new World();
  const [one, two] = [startMedic(world), startMedic(world)];
  const first = await one.incidentLog.open(snapshot, account, call);
  const second = await two.incidentLog.open(snapshot, account, call);
  assert.equal(second.uid, first.uid);
  assert.equal(world.incidents.all().length, 1);
});

test("an open incident goes on, a closed one does not: the next outage has the next number", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name, status } = await medic.incidentLog.open(snapshot, account, call);
  const again = { ...account, phase: "Detected", reason: "NodesCordoned" } as const;
  const same = await medic.incidentLog.open(known(snapshot, name, status), again, call);
  assert.deepEqual([same.name, same.status.reason], [name, "NodesCordoned"]);
  const resolved = { ...status, phase: "Resolved" } as const;
  world.incidents.changeBehind(name, () => resolved);
  medic.incidents.sync();
  const next = await medic.incidentLog.open(known(snapshot, name, resolved), account, call);
  assert.equal(next.name, "ci-1-0-uid-serv-2");
});

test("an incident whose making was never answered is found and goes on, though the snapshot does not know it", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name } = await startMedic(world).incidentLog.open(snapshot, account, call);
  medic.incidents.sync();
  const opened = await medic.incidentLog.open(snapshot, { ...account, rootCause: "seen again" }, call);
  assert.deepEqual([opened.name, opened.status.rootCause], [name, "seen again"]);
  assert.equal(world.incidents.all().length, 1);
});

test("an incident that another medic closed a moment ago is not opened again", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name, status } = await medic.incidentLog.open(snapshot, account, call);
  world.incidents.changeBehind(name, (now) => ({ ...now, phase: "Escalated" }));
  const opened = await medic.incidentLog.open(known(snapshot, name, status), account, call);
  assert.deepEqual([opened.name, opened.status.phase], [name, "Escalated"]);
});

test("an incident that was removed meanwhile is made anew", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name, status } = await medic.incidentLog.open(snapshot, account, call);
  world.incidents.byName.clear();
  medic.incidents.sync();
  await medic.incidentLog.open(known(snapshot, name, status), account, call);
  assert.equal(world.incidents.all().length, 1);
});

test("the next number is never that of an incident that is still there, though older ones were removed", async () => {
  const world = new World();
  const medic = startMedic(world);
  for (const name of ["ci-1-0-uid-serv-1", "ci-1-0-uid-serv-2"]) {
    await medic.incidentLog.open(snapshot, account, call);
    world.incidents.changeBehind(name, (status) => ({ ...status, phase: "Resolved" }));
    medic.incidents.sync();
  }
  world.incidents.byName.delete("ci-1-0-uid-serv-1");
  medic.incidents.sync();
  const { name } = await medic.incidentLog.open(snapshot, account, call);
  assert.equal(name, "ci-1-0-uid-serv-3");
});

test("incidents of other clients, of earlier StatefulSets and without a number count for nothing", async () => {
  const world = new World();
  const medic = startMedic(world);
  const other = await medic.incidentLog.open(snapshot, account, call);
  world.incidents.byName.clear();
  world.incidents.put({ ...other, name: "ci-1-9-x-7", spec: { ...other.spec, client: "9" } });
  world.incidents.put({ ...other, name: "ci-1-0-x-7", spec: { ...other.spec, statefulSetUid: "earlier" } });
  world.incidents.put({ ...other, name: "made-by-hand" });
  medic.incidents.sync();
  assert.equal((await medic.incidentLog.open(snapshot, account, call)).name, "ci-1-0-uid-serv-1");
});

const names: Record<string, readonly [string, string]> = {
  "a client with a name that Kubernetes would not take": ["Client_A.b", "ci-1-client-a-b-uid-serv-1"],
  "a client of signs only": ["__", "ci-1-uid-serv-1"],
};
for (const [what, [client, name]] of Object.entries(names)) {
  test(`${what} still names its incident`, async () => {
    const opened = await startMedic(new World()).incidentLog.open({ ...snapshot, client }, account, call);
    assert.equal(opened.name, name);
    assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });
}

const subjects: Record<string, readonly [Snapshot, Account, readonly [string, string]]> = {
  "a pod": [snapshot, about("Pod/db-0-0"), ["db-0", "db-0-0"]],
  "a StatefulSet": [snapshot, about("StatefulSet/db-0"), ["db-0", "db-0-0"]],
  "a StatefulSet without a pod": [
    aStack().withoutPod("db").snapshot(),
    about("StatefulSet/db-0"),
    ["db-0", ""],
  ],
  "something that is not there": [snapshot, about("Node/node-1"), ["server-0", "server-0-0"]],
};
for (const [what, [from, told, [statefulSet, pod]]] of Object.entries(subjects)) {
  test(`an incident about ${what} names the StatefulSet and the pod`, async () => {
    const { spec } = await startMedic(new World()).incidentLog.open(from, told, call);
    assert.deepEqual([spec.statefulSet, spec.pod], [statefulSet, pod]);
  });
}

test("a stack without a server is named after its first StatefulSet, and without a run it has none", async () => {
  const { runId: _, ...namespace } = snapshot.namespace;
  const from = {
    ...aStack().withoutSet("server").snapshot(),
    namespace: { ...namespace, buildUrl: "https://ci/1" },
  };
  const { name, spec } = await startMedic(new World()).incidentLog.open(from, account, call);
  assert.equal(name, "ci-1-0-uid-db-0-1");
  assert.deepEqual([spec.runId, spec.buildUrl], ["", "https://ci/1"]);
});

test("a stack that has nothing left has no incident to open", async () => {
  const nothing = aStack().withoutSet("server").withoutSet("db").snapshot();
  await assert.rejects(
    startMedic(new World()).incidentLog.open(nothing, account, call),
    /without StatefulSets/,
  );
});

test("a change that meets another is made again on what is there now", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name } = await medic.incidentLog.open(snapshot, account, call);
  world.incidents.changeBehind(name, (status) => ({ ...status, rootCause: "from elsewhere" }));
  const stored = await medic.incidentLog.change(name, (status) => ({ ...status, reason: "CrashLoop" }), call);
  assert.deepEqual([stored?.status.rootCause, stored?.status.reason], ["from elsewhere", "CrashLoop"]);
});

test("a change of nothing is no write", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name, resourceVersion } = await medic.incidentLog.open(snapshot, account, call);
  await medic.incidentLog.change(name, (status) => status, call);
  assert.equal(world.incidents.all()[0]!.resourceVersion, resourceVersion);
});

test("an incident that is gone is not changed", async () => {
  const medic = startMedic(new World());
  assert.equal(await medic.incidentLog.change("unknown", (status) => status, call), undefined);
});

test("an incident that keeps changing is left for later after five tries", async () => {
  const world = new World();
  let tries = 0;
  const medic = startMedic(world, {
    incidents: () => ({
      update: async () => {
        tries += 1;
        return undefined;
      },
    }),
  });
  const { name } = await medic.incidentLog.open(snapshot, account, call);
  const change = medic.incidentLog.change(name, (status) => ({ ...status, tier: 2 }), call);
  await assert.rejects(change, (error) => error instanceof MedicError && error.retriable);
  assert.equal(tries, 5);
});

test("the end of an incident is counted once, with how long it took", async () => {
  const world = new World();
  const medic = startMedic(world);
  const { name } = await medic.incidentLog.open(snapshot, account, call);
  await world.clock.step(30 * SECOND);
  for (let round = 0; round < 2; round += 1)
    await medic.incidentLog.change(name, (status) => entered(status, { phase: "Resolved" }, 1), call);
  await medic.incidentLog.open(
    aStack().withoutSet("server").snapshot(),
    { ...account, phase: "Escalated" },
    call,
  );
  const closed = [...world.counts].filter(([key]) => key.startsWith("closed"));
  assert.deepEqual(closed, [
    ["closed Resolved ImageDrift", 1],
    ["closed Escalated ImageDrift", 1],
  ]);
});

const status: IncidentStatus = {
  phase: "Verifying",
  tier: 1,
  reason: "",
  rootCause: "",
  findings: [],
  attempts: [],
  readySince: 5,
  times: { Verifying: 1 },
};

test("a phase keeps the time at which it was first entered", () => {
  assert.deepEqual(entered(status, { phase: "Verifying" }, 9).times, { Verifying: 1 });
  assert.deepEqual(entered(status, { phase: "Resolved" }, 9).times, { Verifying: 1, Resolved: 9 });
});

test("since when it is ready is remembered while it is verified, and only then", () => {
  assert.equal(entered(status, { phase: "Verifying" }, 9).readySince, 5);
  assert.equal(entered(status, { phase: "Remediating" }, 9).readySince, undefined);
  const { readySince: _, ...unready } = status;
  assert.equal("readySince" in entered(unready, { phase: "Verifying" }, 9), false);
});

test("an attempt completes the one that it began, and no other", () => {
  const attempt: Attempt = {
    action: "a",
    target: "t",
    by: "playbook",
    at: 1,
    outcome: "pending",
    detail: "",
  };
  const others = [
    { ...attempt, target: "other" },
    { ...attempt, action: "other" },
    { ...attempt, outcome: "failed" },
  ] as const;
  const begun = others.reduce<IncidentStatus>(withAttempt, status);
  assert.equal(begun.attempts.length, 3);
  const twice = withAttempt(withAttempt(begun, attempt), { ...attempt, outcome: "applied" });
  assert.deepEqual(
    twice.attempts.map(({ outcome }) => outcome),
    ["pending", "pending", "failed", "applied"],
  );
});
