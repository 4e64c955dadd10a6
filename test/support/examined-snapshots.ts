import * as fc from "fast-check";
import type { JsonObject } from "../../src/core/json.ts";
import type { NodeState, RevisionState, Snapshot } from "../../src/core/snapshot.ts";
import { attempt, changes, claimOn } from "./arbitrary-snapshots.ts";
import type { Change } from "./arbitrary-snapshots.ts";
import { aStack } from "./builders.ts";
import type { StackBuilder } from "./builders.ts";
import { crashed, images, revision, templateOf, unscheduled } from "./stack-pieces.ts";

/** Snapshots of a close look for properties of what only a model asks for. */

const CORDONED = "0/3 nodes are available: 3 node(s) were unschedulable.";
const nodeStates: readonly Partial<NodeState>[] = [
  {},
  { unschedulable: true },
  { unschedulable: true },
  { unschedulable: true, ready: false },
  { unschedulable: true, maintenance: "disk" },
  { unschedulable: true, labels: { for: "tests" } },
  { labels: { for: "tests" } },
  { ready: false },
  { unschedulable: true, taints: [{ key: "karpenter.sh/disrupted", effect: "PreferNoSchedule" }] },
  { unschedulable: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] },
  { unschedulable: true, taints: [{ key: "gpu", effect: "NoSchedule" }] },
  { taints: [{ key: "gpu", effect: "NoSchedule" }] },
];
const cordons: readonly Change[] = [
  ...["node-1", "node-2", "node-3"].flatMap((name) =>
    nodeStates.map(
      (state): Change =>
        (stack) =>
          stack.withNode(name, state),
    ),
  ),
  (stack) => stack.withPod(unscheduled(CORDONED), "db"),
  (stack) => stack.withPod(unscheduled("0/3 nodes are available: 3 Insufficient cpu.")),
  (stack) => stack.set({ template: selectingTests }),
  (stack) => stack.set({ template: toleratingGpu }),
  (stack) => stack.claims([claimOn("tests")]),
  (stack) => stack.claims("forbidden"),
];
const selectingTests = templateOf("server", {}, { nodeSelector: { for: "tests" } });
const toleratingGpu = templateOf("server", {}, { tolerations: [{ key: "gpu", operator: "Exists" }] });

const releaseOf = (mode: string, container: JsonObject = {}, spec: JsonObject = {}): JsonObject =>
  templateOf("server", { env: [{ name: "MODE", value: mode }], ...container }, spec);
const history: readonly RevisionState[] = [
  revision(releaseOf("good"), 1),
  revision(releaseOf("good", { image: "x:old" }), 2),
  revision(releaseOf("good", { command: ["sleep"] }), 3),
  revision(releaseOf("good", {}, { hostNetwork: true }), 4),
  revision(releaseOf("other"), 5, { statefulSetUid: "uid-db-0" }),
  revision(releaseOf("bad"), 6),
];
const releases: readonly Change[] = [
  (stack) => stack.intent({ image: images.server }),
  (stack) => stack.intent({ image: images.server, command: "" }),
  (stack) => stack.intent({ command: "" }),
  (stack) => stack.intent({ template: releaseOf("good") }),
  (stack) => stack.intent({ image: "x:old" }),
  (stack) => stack.liveTemplate(releaseOf("bad", { image: "x:old" })).withPod(crashed()),
  (stack) => stack.revisions(),
];

/** Stacks that only a model could help, as a close look finds them: all nodes cordoned, or a bad release. */
export const examined: Readonly<Record<"cordoned" | "released", fc.Arbitrary<Snapshot>>> = {
  cordoned: several(
    aStack()
      .withPod(unscheduled(CORDONED))
      .withNode("node-1", { unschedulable: true })
      .withNode("node-2", { unschedulable: true }),
    cordons,
  ),
  released: several(
    aStack()
      .intent({ image: images.server })
      .liveTemplate(releaseOf("bad"))
      .withPod(crashed())
      .revisions(...history),
    releases,
  ),
};

function several(base: StackBuilder, own: readonly Change[]): fc.Arbitrary<Snapshot> {
  return fc
    .tuple(
      fc.array(fc.constantFrom(...own), { maxLength: 4 }),
      fc.array(fc.constantFrom(...changes), { maxLength: 1 }),
      fc.array(attempt, { maxLength: 2 }),
    )
    .map(([most, other, attempts]) =>
      [...most, ...other]
        .reduce((sofar, change) => change(sofar), base)
        .incident({ attempts })
        .snapshot(),
    );
}
