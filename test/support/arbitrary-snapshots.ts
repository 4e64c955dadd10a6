import * as fc from "fast-check";
import type { Finding } from "../../src/core/finding.ts";
import { Reasons } from "../../src/core/finding.ts";
import type { Attempt, IncidentStatus } from "../../src/core/incident.ts";
import { Phases } from "../../src/core/incident.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type {
  ClaimState,
  ContainerState,
  DryRun,
  KubeEvent,
  NodeState,
  PodCondition,
  PodState,
  RawIntent,
  RevisionState,
  Snapshot,
  StatefulSetState,
  TerminatedState,
} from "../../src/core/snapshot.ts";
import { aStack } from "./builders.ts";
import type { StackBuilder } from "./builders.ts";
import {
  DEPLOYED,
  MINUTE,
  SECOND,
  claim,
  crashed,
  defaulted,
  imageNotFound,
  running,
  templateOf,
  terminating,
  unscheduled,
  waiting,
} from "./stack-pieces.ts";

/** Snapshots for properties: what could happen to a stack, and what could not. */

const names = fc.constantFrom("server-0", "db-0", "server-1", "x");
const uids = fc.constantFrom("u1", "u2", "u3");
const flag = fc.boolean();
const instant = fc.oneof(
  fc.integer({ min: DEPLOYED - MINUTE, max: DEPLOYED + 20 * MINUTE }),
  fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER),
);
const count = fc.constantFrom(0, 1, 1, 2, 3, -1, 0.5, 2 ** 31 - 1);
const words = fc.oneof(
  fc.constantFrom(
    "",
    "x",
    "429 too many requests",
    "manifest unknown",
    "i/o timeout",
    "2 node(s) were unschedulable",
    "Insufficient cpu",
    "exceeded quota",
    "context deadline exceeded",
    'secret "s" not found',
  ),
  fc.string({ maxLength: 20 }),
);
const templates: fc.Arbitrary<JsonObject> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...["server", "x:bad"].map((image) => templateOf("server", { image }))),
  },
  { weight: 2, arbitrary: fc.constant(defaulted(templateOf("server", { image: "server" }))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<JsonObject>(
      {},
      { spec: [] },
      { spec: { containers: [null, {}, { name: "a" }, { name: "b" }] } },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })) as fc.Arbitrary<JsonObject>,
  },
);
const texts = fc.oneof(
  fc.constantFrom("", "1", "0", "three", "[]", '["a"]', "{", "null"),
  templates.map((template) => JSON.stringify(template)),
  fc.string({ maxLength: 10 }),
);

/** The record with some of its members left out. */
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(model, { requiredKeys: [] }) as unknown as fc.Arbitrary<Partial<T>>;
const withSome = <T extends object, S extends object>(
  whole: fc.Arbitrary<T>,
  optional: { [K in keyof S]: fc.Arbitrary<S[K]> },
): fc.Arbitrary<T & Partial<S>> =>
  fc.tuple(whole, some<S>(optional)).map(([required, rest]) => ({ ...required, ...rest }));

const terminated: fc.Arbitrary<TerminatedState> = fc.record({
  reason: fc.constantFrom("", "Error", "OOMKilled", "StartError", "Completed"),
  exitCode: fc.constantFrom(0, 1, 127, 128, -1073741502),
  message: words,
  finishedAt: instant,
});
const container: fc.Arbitrary<ContainerState> = withSome(
  fc.record({
    name: fc.constantFrom("server", "db", "a"),
    init: flag,
    image: fc.constantFrom("server", "x:bad"),
    ready: flag,
    started: flag,
    restarts: fc.nat(5),
    startupBudgetMs: fc.nat(60_000),
  }),
  {
    waiting: fc.record({
      reason: fc.constantFrom(
        "ImagePullBackOff",
        "CrashLoopBackOff",
        "ContainerCreating",
        "CreateContainerError",
        "x",
      ),
      message: words,
    }),
    runningSince: instant,
    terminated,
    lastTerminated: terminated,
  },
);
const condition: fc.Arbitrary<PodCondition> = withSome(
  fc.record({
    type: fc.constantFrom("Ready", "PodScheduled", "Initialized", "x"),
    status: fc.constantFrom("True", "False", "Unknown"),
    since: instant,
  }),
  { reason: words, message: words },
);
const pod: fc.Arbitrary<PodState> = withSome(
  fc.record({
    name: fc.constantFrom("server-0-0", "db-0-0", "server-0-1"),
    uid: fc.constantFrom("p1", "p2", "p3"),
    resourceVersion: fc.constant("1"),
    statefulSet: names,
    statefulSetUid: uids,
    role: fc.constantFrom("server", "db"),
    ordinal: fc.constantFrom(0, 0, 1, 2, -1),
    revision: fc.constantFrom("", "r1", "r2"),
    phase: fc.constantFrom("Pending", "Running", "Failed", ""),
    createdAt: instant,
    conditions: fc.array(condition, { maxLength: 3 }),
    containers: fc.array(container, { maxLength: 2 }),
  }),
  { statusReason: words, statusMessage: words, nodeName: fc.constantFrom("n1", "n2"), deletionAt: instant },
);
const statefulSet: fc.Arbitrary<StatefulSetState> = withSome(
  fc.record({
    name: names,
    uid: uids,
    resourceVersion: fc.constant("1"),
    generation: fc.nat(3),
    observedGeneration: fc.nat(3),
    role: fc.constantFrom("server", "db", ""),
    testsStarted: fc.constantFrom(false, false, false, true),
    intent: some<RawIntent>({
      image: texts,
      replicas: texts,
      command: texts,
      template: texts,
    }),
    createdAt: instant,
    specChangedAt: instant,
    terminating: fc.constantFrom(false, false, false, true),
    replicas: count,
    readyReplicas: count,
    updateStrategy: fc.constantFrom("RollingUpdate", "OnDelete"),
    partition: fc.nat(2),
    currentRevision: fc.constantFrom("r1", "r2"),
    updateRevision: fc.constantFrom("r1", "r2"),
    template: templates,
  }),
  { statusChangedAt: instant, isolatedNodes: words },
);
const taint = fc.record({
  key: fc.constantFrom("gpu", "node.kubernetes.io/unschedulable", "karpenter.sh/disrupted"),
  effect: fc.constantFrom("NoSchedule", "NoExecute", "PreferNoSchedule"),
});
const node: fc.Arbitrary<NodeState> = withSome(
  fc.record({
    name: fc.constantFrom("n1", "n2"),
    uid: uids,
    ready: flag,
    unschedulable: flag,
    labels: fc.constantFrom({}, { for: "tests" }),
    taints: fc.array(taint, { maxLength: 1 }),
  }),
  { maintenance: words },
);
const event: fc.Arbitrary<KubeEvent> = fc.record({
  kind: fc.constantFrom("Pod", "StatefulSet"),
  name: names,
  uid: fc.constantFrom("u1", "u2", "p1", "p2"),
  type: fc.constantFrom("Normal", "Warning"),
  reason: fc.constantFrom("Failed", "FailedCreate", "FailedCreatePodSandBox", "FailedMount", "Pulling", "x"),
  message: words,
  component: fc.constant("kubelet"),
  count: fc.nat(3),
  at: instant,
});
const dryRun: fc.Arbitrary<DryRun> = fc.oneof(
  fc.record({
    statefulSet: names,
    uid: uids,
    ok: fc.constant(true as const),
    template: templates,
  }),
  fc.record({
    statefulSet: names,
    uid: uids,
    ok: fc.constant(true as const),
    template: fc.jsonValue(),
  }),
  fc.record({
    statefulSet: names,
    uid: uids,
    ok: fc.constant(false as const),
    code: fc.constantFrom(403, 404, 409, 422),
    message: words,
  }),
);
const finding: fc.Arbitrary<Finding> = withSome(
  fc.record({
    reason: fc.constantFrom(...(Object.keys(Reasons) as (keyof typeof Reasons)[])),
    class: fc.constantFrom("drift", "wait", "beyond", "intent"),
    subject: fc.constantFrom("Pod/server-0-0", "StatefulSet/server-0"),
    message: words,
    since: instant,
    terminal: flag,
  }),
  { patienceUntil: instant },
);
export const attempt: fc.Arbitrary<Attempt> = fc.record({
  action: fc.constantFrom(
    "reconcile-to-intent",
    "restart-pod",
    "replace-stuck-pod",
    "rollback-release",
    "uncordon-node",
  ),
  target: fc.constantFrom("StatefulSet/server-0", "StatefulSet/db-0", "Pod/server-0-0", "Node/node-1", "x"),
  by: fc.constantFrom("playbook", "agent"),
  at: instant,
  outcome: fc.constantFrom("pending", "applied", "already", "refused", "failed", "observed"),
  detail: words,
});
const status: fc.Arbitrary<IncidentStatus> = withSome(
  fc.record({
    phase: fc.constantFrom(...Phases),
    tier: fc.constantFrom(1, 2),
    reason: words,
    rootCause: words,
    findings: fc.array(finding, { maxLength: 2 }),
    attempts: fc.array(attempt, { maxLength: 4 }),
    times: some({ Detected: instant, Verifying: instant }),
  }),
  { readySince: instant },
);

export function claimOn(value: string): ClaimState {
  return claim({ nodeTerms: [{ expressions: [{ key: "for", operator: "In", values: [value] }] }] });
}

/** Any snapshot that the types allow: names that clash, times from the future, intents that are noise. */
const nonsense: fc.Arbitrary<Snapshot> = withSome(
  fc.record({
    at: fc.integer({ min: DEPLOYED, max: DEPLOYED + 20 * MINUTE }),
    namespace: withSome(
      fc.record({
        name: fc.constant("ci-1"),
        uid: fc.constant("u"),
        watched: fc.constantFrom(true, true, true, false),
        terminating: fc.constantFrom(false, false, false, true),
      }),
      { runId: words, buildUrl: words },
    ),
    client: fc.constant("0"),
    statefulSets: fc.array(statefulSet, { maxLength: 4 }),
    pods: fc.array(pod, { maxLength: 4 }),
    nodes: fc.array(node, { maxLength: 2 }),
    events: fc.array(event, { maxLength: 4 }),
    dryRuns: fc.array(dryRun, { maxLength: 3 }),
    detailed: fc.constantFrom(true, true, false),
    farm: fc.record({
      stacks: fc.nat(30),
      stacksBySymptom: fc.dictionary(fc.constantFrom("ImageNotFound", "NotReady"), fc.nat(9)),
    }),
  }),
  {
    incident: fc.record({ name: fc.constant("i"), status }),
    revisions: fc.array(
      fc.record<RevisionState>({
        name: fc.constantFrom("r1", "r2", "r3"),
        statefulSetUid: uids,
        number: fc.nat(3),
        createdAt: instant,
        template: templates,
      }),
      { maxLength: 3 },
    ),
    claims: fc.constantFrom<NonNullable<Snapshot["claims"]>>("forbidden", [], [claimOn("tests")]),
  },
);

export type Change = (stack: StackBuilder) => StackBuilder;
export const changes: readonly Change[] = [
  (stack) => stack.liveImage("x:bad"),
  (stack) => stack.liveImage("x:worse").withPod(imageNotFound("x:worse")),
  (stack) => stack.liveImage("x:bad", "db").withPod(imageNotFound("x:bad"), "db"),
  (stack) => stack.liveReplicas(0),
  (stack) => stack.liveReplicas(0, "db"),
  (stack) => stack.liveCommand(["sleep"]).withPod(crashed({ exitCode: 0 })),
  (stack) => stack.withPod(imageNotFound("x:bad")),
  (stack) => stack.withPod(imageNotFound("x:bad")).onOldRevision("x:bad"),
  (stack) => stack.withPod(running(DEPLOYED)),
  (stack) => stack.withPod(running(DEPLOYED), "db"),
  (stack) => stack.withPod(waiting("ContainerCreating")),
  (stack) => stack.withPod(unscheduled("2 node(s) were unschedulable")),
  (stack) => stack.withPod(terminating(DEPLOYED + MINUTE)),
  (stack) => stack.withoutPod(),
  (stack) => stack.intent({ replicas: "three" }),
  (stack) => stack.intent({ image: "farm.test/server:1" }),
  (stack) => stack.intent({}),
  (stack) => stack.intent({ template: templateOf("server", {}, { hostNetwork: true }) }),
  (stack) => stack.dryRun({ code: 422, message: "no" }),
  (stack) => stack.set({ partition: 1 }),
  (stack) => stack.set({ generation: 9 }),
  (stack) => stack.withNode("node-1", { ready: false }),
  (stack) => stack.farm({ stacks: 9, stacksBySymptom: { ImageNotFound: 8, NotReady: 8 } }),
  (stack) => stack.namespace({ watched: false }),
  (stack) => stack.namespace({ terminating: true }),
  (stack) => stack.set({ paused: "" }, "db"),
  (stack) => stack.testsStarted(),
  (stack) => stack.after(5 * SECOND),
  (stack) => stack.after(30 * SECOND),
  (stack) => stack.cached(),
];

/** What could happen to a stack, several things at once. */
export const plausible: fc.Arbitrary<Snapshot> = fc
  .tuple(
    fc.array(fc.constantFrom(...changes), { minLength: 1, maxLength: 5 }),
    fc.array(attempt, { maxLength: 4 }),
    flag,
  )
  .map(([applied, attempts, hasIncident]) => {
    const stack = applied.reduce((sofar, change) => change(sofar), aStack());
    return (hasIncident ? stack.incident({ attempts }) : stack).snapshot();
  });

export const anySnapshot: fc.Arbitrary<Snapshot> = fc.oneof(
  { weight: 2, arbitrary: plausible },
  { weight: 1, arbitrary: nonsense },
);
