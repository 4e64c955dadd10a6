import { capText } from "../../core/cap-text.ts";
import { claimsOf, unfitFor } from "../../core/node-fit.ts";
import type { NodeState } from "../../core/snapshot.ts";
import type { StackView } from "../../core/stack-view.ts";

const MOST_NODES = 60;
/** Of the lines about nodes; an answer that is cut would show fewer than it is taken to have shown. */
const MOST_BYTES = 7000;
const WORDS_BYTES = 200;
/** The labels that pods ask for. */
const TOLD_LABELS = [
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "node.kubernetes.io/windows-build",
  "topology.kubernetes.io/zone",
  "kubernetes.io/hostname",
];

/** Every node: ready, cordoned, on purpose or not, and whether this stack's pods could run there. Cordoned ones first. */
export function nodesText(view: StackView, maxBytes = MOST_BYTES): string {
  const { nodes } = view.snapshot;
  if (nodes.length === 0) return "The cluster has no nodes.";
  const cordoned = nodes.filter(({ unschedulable }) => unschedulable).length;
  const shown = shownNodes(view, maxBytes);
  return [
    `${nodes.length} nodes, ${cordoned} of them cordoned (unschedulable):`,
    ...shown.map((node) => nodeLine(node, view)),
    ...(nodes.length > shown.length ? [`[cut: ${nodes.length - shown.length} more nodes are left out]`] : []),
  ].join("\n");
}

/** The nodes that `nodesText` tells of. */
export function shownNodes(view: StackView, maxBytes = MOST_BYTES): readonly NodeState[] {
  let size = 0;
  return view.snapshot.nodes
    .toSorted((left, right) => Number(right.unschedulable) - Number(left.unschedulable))
    .slice(0, MOST_NODES)
    .filter((node) => {
      size += Buffer.byteLength(nodeLine(node, view)) + 1;
      return size <= maxBytes;
    });
}

function nodeLine(node: NodeState, view: StackView): string {
  const { name, ready, unschedulable, maintenance, labels, taints } = node;
  const why = maintenance === "" ? "no reason given" : capText(maintenance ?? "", WORDS_BYTES);
  const told = TOLD_LABELS.flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));
  const tainted = capText(taints.map(({ key, effect }) => `${key}:${effect}`).join(", "), WORDS_BYTES);
  return [
    `${name}: ${ready ? "Ready" : "NOT Ready"}, ${unschedulable ? "CORDONED" : "schedulable"}`,
    ...(maintenance === undefined ? [] : [`IN MAINTENANCE (${why})`]),
    fitWord(node, view),
    ...(tainted === "" ? [] : [`taints ${tainted}`]),
    ...(told.length === 0 ? [] : [`labels ${told.join(" ")}`]),
  ].join("; ");
}

function fitWord(node: NodeState, { sets, snapshot }: StackView): string {
  const unfit = sets.flatMap(({ set }) => {
    const why = unfitFor(node, set.template, claimsOf(set, snapshot.claims));
    return why === undefined ? [] : [`${set.name} cannot run there: ${why}`];
  });
  return unfit.length === 0 ? "the stack's pods could run there" : unfit.join(", ");
}
