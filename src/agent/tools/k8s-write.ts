import { z } from "zod";
import type { Wish } from "../../core/propose.ts";
import { named } from "./tool-kit.ts";
import type { ToolContext, ToolDraft } from "./tool-kit.ts";

const namespace = z
  .string()
  .optional()
  .describe("Only the episode's own namespace is accepted; leave it out.");
const reason = z.string().optional().describe("Why, in one sentence; it stands in the audit log.");
const statefulset = z
  .string()
  .optional()
  .describe("A StatefulSet of this stack, such as server-0. Left out: the one that needs it.");
const writing = { server: "k8s", readOnly: false, destructive: true, kind: "write" } as const;

/** The four tools that change something. What is written the medic works out itself; each asks the permit. */
export function writeTools(context: ToolContext): readonly ToolDraft[] {
  return [
    {
      ...writing,
      name: "reconcile_to_intent",
      description:
        "Sets a StatefulSet of this stack back to its declared intent (image, replicas, command, template). Refused when it does not differ from it.",
      input: { namespace, statefulset, reason },
      answer: (args, call) => carryOut(context, { tool: "reconcile_to_intent", ...setIn(args) }, args, call),
    },
    {
      ...writing,
      name: "restart_pod",
      description:
        "Deletes one pod of this stack gracefully, so that its StatefulSet makes it anew. Right when the cause is gone and the pod is left behind (a long back-off, a stuck sandbox); useless for a pod that waits for a node, harmful while an image is pulled.",
      input: { namespace, pod: z.string().describe("A pod of this stack, such as server-0-0."), reason },
      answer: (args, call) => carryOut(context, { tool: "restart_pod", pod: given(args, "pod") }, args, call),
    },
    {
      ...writing,
      name: "rollback_release",
      description:
        "Sets a StatefulSet's pod template back to its newest earlier revision that agrees with the declared intent. Refused when there is none.",
      input: { namespace, statefulset, reason },
      answer: (args, call) => carryOut(context, { tool: "rollback_release", ...setIn(args) }, args, call),
    },
    {
      ...writing,
      name: "uncordon_node",
      description:
        "Lets pods onto a cordoned node again. Only a node that get_nodes has shown as cordoned in this episode, that is Ready and not in maintenance, that this stack's waiting pod could use, and only while no other node can take it.",
      input: { node: z.string().describe("The node's name, as get_nodes shows it."), reason },
      answer: (args, call) =>
        carryOut(context, { tool: "uncordon_node", node: given(args, "node") }, args, call),
    },
  ];
}

async function carryOut(
  { hands }: ToolContext,
  wish: Wish,
  args: Readonly<Record<string, unknown>>,
  call: { readonly signal: AbortSignal },
): ReturnType<ToolDraft["answer"]> {
  const why = named("reason", args["reason"]).reason ?? "";
  const result = await hands.carryOut(wish, why, call);
  return result.done
    ? {
        text: `Done: ${result.why}. Whether it helped is for the medic to find in the coming seconds; you need not wait for it.`,
        isError: false,
      }
    : { text: `Not done. ${result.why}`, isError: true };
}

/** Exactly what the gate was asked about: anything but a text names nothing. */
function given(args: Readonly<Record<string, unknown>>, key: "pod" | "node"): string {
  return named(key, args[key])[key] ?? "";
}

function setIn(args: Readonly<Record<string, unknown>>): { statefulSet?: string } {
  return named("statefulSet", args["statefulset"]);
}
