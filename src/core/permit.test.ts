import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack, policy } from "../../test/support/builders.ts";
import type { StackBuilder } from "../../test/support/builders.ts";
import {
  DEPLOYED,
  MINUTE,
  but,
  crashed,
  defaulted,
  imageNotFound,
  templateOf,
  terminating,
  unscheduled,
  waiting,
} from "../../test/support/stack-pieces.ts";
import type { Action, ReconcileToIntent, RestartPod } from "./action.ts";
import { driftOf, reconcileAction } from "./drift.ts";
import type { Finding } from "./finding.ts";
import type { Attempt } from "./incident.ts";
import { actionsUsed } from "./attempt.ts";
import { isStorm, permit } from "./permit.ts";
import { refuse, Refusals } from "./permission.ts";
import type { Refusal } from "./permission.ts";

const broken = aStack().liveImage("x:bad").withPod(imageNotFound("x:bad"));
const left = aStack().withPod(imageNotFound("x:bad")).onOldRevision("x:bad");

/** The repair that the stack's own intent asks for. */
function repairOf(stack: StackBuilder): ReconcileToIntent {
  const { view, own } = stack.podCase();
  return reconcileAction(own, driftOf(own, view.snapshot)!, view.snapshot.namespace.name);
}

const restart: RestartPod = {
  kind: "restart-pod",
  namespace: "ci-1",
  statefulSet: "server-0",
  pod: "server-0-0",
  uid: "uid-server-0-0-a",
  completesReconcile: false,
};

const attempt = (action: string, outcome: Attempt["outcome"] = "applied"): Attempt => ({
  action,
  target: "StatefulSet/server-0",
  by: "playbook",
  at: DEPLOYED,
  outcome,
  detail: "",
});
const used = (count: number): { attempts: readonly Attempt[] } => ({
  attempts: Array.from({ length: count }, () => attempt("reconcile-to-intent")),
});

test("the write that the intent declares is allowed", () => {
  assert.deepEqual(permit(repairOf(broken), broken.view(), policy), {
    allowed: true,
    why: "within scope, intent and limits",
  });
});

test("replacing a broken pod whose StatefulSet is as declared is allowed", () => {
  assert.equal(permit(restart, left.view(), policy).allowed, true);
});

test("a pod that no node has taken may be replaced though no node is ready", () => {
  const pending = left.withPod(unscheduled("")).withNode("node-1", { ready: false });
  assert.equal(permit(restart, pending.view(), policy).allowed, true);
});

type Case = readonly [Action, StackBuilder, Refusal];
const repair = repairOf(broken);
const refused: Record<string, Case> = {
  "in a namespace that is not watched": [repair, broken.namespace({ watched: false }), "NotWatched"],
  "in a namespace that is being deleted": [
    repair,
    broken.namespace({ terminating: true }),
    "NamespaceTerminating",
  ],
  "once the tests have started": [repair, broken.testsStarted(), "TestsStarted"],
  "while someone has paused the namespace": [repair, broken.namespace({ paused: "Ann: look" }), "Paused"],
  "while someone has paused the StatefulSet without a word": [repair, broken.set({ paused: "" }), "Paused"],
  "after the incident was handed to people": [
    repair,
    broken.incident({ phase: "Escalated" }),
    "AlreadyEscalated",
  ],
  "on a ready stack, drifted or not": [repair, aStack().liveImage("x:bad"), "StackReady"],
  "in another namespace": [{ ...repair, namespace: "ci-2" }, broken, "OutOfScope"],
  "on another stack's StatefulSet": [{ ...repair, statefulSet: "server-1" }, broken, "OutOfScope"],
  "on an earlier StatefulSet of the name": [{ ...repair, uid: "uid-old" }, broken, "StaleTarget"],
  "on a StatefulSet that is being deleted": [repair, broken.set({ terminating: true }), "StaleTarget"],
  "when the template changed since": [repair, broken.liveImage("x:worse"), "StaleTarget"],
  "when the replicas changed since": [repair, broken.liveReplicas(2), "StaleTarget"],
  "when there is no drift any more": [repair, left, "NotTheIntent"],
  "when the intent can no longer be read": [repair, broken.intent({ replicas: "x" }), "NotTheIntent"],
  "with another image than the declared one": [
    { ...repair, template: defaulted(templateOf("server", { image: "x:evil" })) },
    broken,
    "NotTheIntent",
  ],
  "with something else besides": [{ ...repair, replicas: 3 }, broken, "NotTheIntent"],
  "without the template that is declared": [
    { ...repair, template: undefined as never },
    broken,
    "NotTheIntent",
  ],
  "of a pod of another stack": [{ ...restart, uid: "uid-other" }, left, "OutOfScope"],
  "of a pod of the other StatefulSet": [{ ...restart, statefulSet: "db-0" }, left, "OutOfScope"],
  "of a pod under another name": [{ ...restart, pod: "server-0-1" }, left, "StaleTarget"],
  "of a pod that is terminating already": [restart, left.withPod(terminating(DEPLOYED)), "PodTerminating"],
  "of a pod that is ready": [restart, aStack().withPod(waiting("x"), "db"), "PodIsReady"],
  "of a pod that would come back the same": [restart, broken, "NotTheIntent"],
  "of a pod whose StatefulSet cannot be compared with its intent": [
    restart,
    left.dryRun({ code: 403, message: "" }),
    "NotTheIntent",
  ],
  "of a pod whose StatefulSet's intent cannot be read": [
    restart,
    left.intent({ template: "{}" }),
    "NotTheIntent",
  ],
  "of a pod whose node is not ready: it may still run": [
    restart,
    left.withNode("node-1", { ready: false }),
    "NodeNotReady",
  ],
  "of a pod whose node is gone from sight": [restart, left.withoutNodes(), "NodeNotReady"],
  "as the second half of a reconcile that nobody made": [
    { ...restart, completesReconcile: true },
    left,
    "NotTheIntent",
  ],
  "as the second half of a reconcile for a pod that is on the newest revision": [
    { ...restart, completesReconcile: true },
    aStack().withPod(imageNotFound("x:1")).incident(used(1)),
    "NotTheIntent",
  ],
  "as the second half of a reconcile a second time": [
    { ...restart, completesReconcile: true },
    left.incident({
      attempts: [
        attempt("reconcile-to-intent"),
        { ...attempt("replace-stuck-pod"), target: "Pod/server-0-0" },
      ],
    }),
    "NotTheIntent",
  ],
  "beyond the limit of actions": [repair, broken.incident(used(3)), "ActionsUsedUp"],
  "in a storm": [repair, stormy(broken), "Storm"],
};
for (const [when, [action, stack, code]] of Object.entries(refused)) {
  test(`no ${action.kind} ${when}: ${code}`, () => {
    const permission = permit(action, stack.view(), policy);
    assert.equal(permission.allowed, false);
    assert.equal(permission.allowed ? "" : permission.code, code);
    assert.notEqual(permission.why, "");
  });
}

function stormy(stack: StackBuilder): StackBuilder {
  const findings = [{ reason: "ImageNotFound", class: "beyond" } as Finding];
  return stack.incident({ findings }).farm({ stacks: 8, stacksBySymptom: { ImageNotFound: 4 } });
}

test("a pause is told in the words of who asked for it", () => {
  const permission = permit(repair, broken.namespace({ paused: "Ann: look" }).view(), policy);
  assert.match(permission.why, /Ann: look$/);
});

test("observe mode refuses last, so that what it says would have been done", () => {
  const permission = permit(repair, broken.view(), { ...policy, mode: "observe" });
  assert.equal(permission.allowed ? "" : permission.code, "ObserveOnly");
});

test("a declared template that gives the pod more rights is not written, and what it would add is told", () => {
  const declared = templateOf("server", {}, { hostNetwork: true });
  const stack = broken.intent({ template: declared });
  const permission = permit(repairOf(stack), stack.view(), policy);
  assert.equal(permission.allowed ? "" : permission.code, "WidensPrivileges");
  assert.match(permission.why, /hostNetwork/);
});

test("a repair of the replicas alone needs no template", () => {
  const stack = aStack().liveReplicas(0);
  const view = stack.view();
  const own = view.sets.find(({ set }) => set.role === "server")!;
  const action = reconcileAction(own, driftOf(own, view.snapshot)!, "ci-1");
  assert.equal(permit(action, view, policy).allowed, true);
});

test("the pod that a reconcile left behind may be replaced when all actions are used up", () => {
  const stack = left.incident(used(3));
  assert.equal(permit({ ...restart, completesReconcile: true }, stack.view(), policy).allowed, true);
  assert.equal(permit(restart, stack.view(), policy).allowed, false);
});

test("an action counts when it was done or may have been done, and not as the second half of another", () => {
  const outcomes = ["applied", "pending", "already", "refused", "failed", "observed"] as const;
  assert.equal(actionsUsed(outcomes.map((outcome) => attempt("restart-pod", outcome))), 2);
  assert.equal(actionsUsed([attempt("replace-stuck-pod")]), 0);
});

const storms: Record<string, readonly [number, number, boolean]> = {
  "five of five": [5, 5, true],
  "four of four are too few to tell": [4, 4, false],
  "five of fifteen are a third": [5, 15, true],
  "five of sixteen are less than a third": [5, 16, false],
  "ten of forty, one in every build of four": [10, 40, false],
  "ninety-nine of three hundred": [99, 300, false],
  "a hundred of three hundred": [100, 300, true],
};
for (const [what, [same, stacks, storm]] of Object.entries(storms)) {
  test(`${what} stacks with the same trouble: ${storm ? "a storm" : "no storm"}`, () => {
    const farm = { stacks, stacksBySymptom: { NodesCordoned: same - 1, CrashLoop: 300 } };
    assert.equal(isStorm({ farm }, "NodesCordoned"), storm);
  });
}

test("trouble that nobody else has, or that has no name, is no storm", () => {
  const farm = { stacks: 8, stacksBySymptom: { NodesCordoned: 7 } };
  assert.equal(isStorm({ farm }, "CrashLoop"), false);
  assert.equal(isStorm({ farm }, undefined), false);
});

test("the asking stack's present symptom outweighs the one of its incident", () => {
  const stack = stormy(broken);
  assert.equal(permit(repair, stack.view(), policy, "CrashLoop").allowed, true);
});

const crashing = aStack().withPod(crashed());
const pulling = aStack().withPod(waiting("ContainerCreating")).podEvent("Pulling", 'Pulling image "x:1"');
const helps: Record<string, readonly [StackBuilder, boolean]> = {
  "of a pod that crashes": [crashing, true],
  "of a pod that no node takes: it would lose its place in the queue": [
    aStack().withPod(unscheduled("0/2 nodes are available: 2 Insufficient cpu.")),
    false,
  ],
  "of a pod of which the scheduler has said nothing yet": [
    aStack()
      .withPod(unscheduled(""))
      .withPod(but({ conditions: [] })),
    false,
  ],
  "of a pod that pulls its image: the pull would begin anew": [pulling, false],
  "of a pod whose pulls are limited: the limit would be the same": [
    aStack().withPod(waiting("ImagePullBackOff", "429 Too Many Requests: toomanyrequests")),
    false,
  ],
  "of a pod that pulls, but on an older revision": [pulling.onOldRevision("x:old"), true],
  "of a pod that pulls another image than its template has": [
    aStack()
      .withPod(waiting("ImagePullBackOff", "429 Too Many Requests: toomanyrequests"))
      .withPod((pod) => ({
        ...pod,
        containers: pod.containers.map((container) => ({ ...container, image: "x:edited" })),
      })),
    true,
  ],
};
for (const [what, [stack, allowed]] of Object.entries(helps)) {
  test(`a restart ${what} is ${allowed ? "allowed" : "refused"}`, () => {
    const permission = permit(restart, stack.after(5 * MINUTE).view(), policy);
    assert.equal(permission.allowed ? "allowed" : permission.code, allowed ? "allowed" : "RestartNoHelp");
  });
}

test("the same restart is not made twice in an incident; one that was refused may be asked for again", () => {
  const before = (outcome: Attempt["outcome"]): StackBuilder =>
    crashing.incident({
      attempts: [
        {
          ...attempt("restart-pod", outcome),
          target: "Pod/server-0-0",
          detail: "delete pod server-0-0 so that server-0 makes it anew",
        },
      ],
    });
  const twice = permit(restart, before("applied").view(), policy);
  assert.equal(twice.allowed ? "" : twice.code, "RepeatsARepair");
  assert.equal(permit(restart, before("refused").view(), policy).allowed, true);
  assert.equal(permit(restart, before("failed").view(), policy).allowed, true);
});

test("the same reconcile is not made twice in an incident: something owns the drift", () => {
  const before = { ...attempt("reconcile-to-intent"), detail: repair.changes.join("; ") };
  const twice = permit(repair, broken.incident({ attempts: [before] }).view(), policy);
  assert.equal(twice.allowed ? "" : twice.code, "RepeatsARepair");
  const other = { ...before, detail: "something else" };
  assert.equal(permit(repair, broken.incident({ attempts: [other] }).view(), policy).allowed, true);
});

test("every refusal has words for people", () => {
  for (const [code, words] of Object.entries(Refusals)) {
    assert.match(code, /^[A-Z][A-Za-z]+$/);
    assert.match(words, /^[A-Z].*\.$/);
  }
  assert.deepEqual(refuse("Storm"), { allowed: false, code: "Storm", why: Refusals.Storm });
});
