/** Why an action was refused, a stable CamelCase code each. */
export const Refusals = {
  NotWatched: "The namespace is not labelled for the medic.",
  NamespaceTerminating: "The namespace is being deleted.",
  TestsStarted: "The stack's tests have started; what breaks now is a result.",
  Paused: "Someone asked for hands off.",
  AlreadyEscalated: "The incident was handed to people.",
  StackReady: "The stack is ready; drift on a ready stack is no trouble.",
  OutOfScope: "The target does not belong to this incident's stack.",
  StaleTarget: "The target is no longer what the decision was made from.",
  NotTheIntent: "The write is not exactly what the intent declares.",
  WidensPrivileges: "The write would give the pod more rights on its node.",
  PodIsReady: "The pod is ready.",
  PodTerminating: "The pod is terminating already.",
  NodeNotReady: "The pod's node is not ready, so nobody knows whether the pod still runs.",
  NodePatchOff: "Nodes may not be changed: allowNodePatch is off.",
  NodeInMaintenance: "The node is cordoned on purpose.",
  NodeUnfit: "The stack's pod could not run on that node.",
  NodeNotNeeded: "Another node can take the pod already.",
  PodNotCordonedOut: "No pod of the stack waits for a cordoned node.",
  RestartNoHelp: "A pod without a node, or one that still pulls its image, gains nothing from a restart.",
  RepeatsARepair: "The same repair was made before in this incident and did not hold.",
  ActionsUsedUp: "The stack has had all the actions it may have.",
  Storm: "Many stacks have the same trouble at once: the patient is the farm.",
  ObserveOnly: "The medic runs in observe mode.",
} as const;

export type Refusal = keyof typeof Refusals;

/** Whether an action may be done, and why not. */
export type Permission =
  | { readonly allowed: true; readonly why: string }
  | { readonly allowed: false; readonly code: Refusal; readonly why: string };

/** A refusal with its fixed words, and what they do not say. */
export function refuse(code: Refusal, detail = ""): Permission & { allowed: false } {
  return { allowed: false, code, why: `${Refusals[code]}${detail === "" ? "" : ` ${detail}`}` };
}
