import type { TierTwo } from "../../farm/console/view.ts";

export interface ModeWords {
  readonly mode: string;
  readonly name: string;
  /** What is broken, in one line. */
  readonly what: string;
}

export const MODES: readonly ModeWords[] = [
  {
    mode: "none",
    name: "Nothing",
    what: "A healthy build: four stacks come up, four slices of the tests run.",
  },
  {
    mode: "misconfig",
    name: "Bad configuration",
    what: "One stack's image is set to a tag that does not exist, after it was deployed.",
  },
  {
    mode: "chaos-recoverable",
    name: "Cordoned nodes",
    what: "All nodes are cordoned and one server's pod is deleted: it finds no place to run.",
  },
  {
    mode: "chaos-unrecoverable",
    name: "Broken network",
    what: "Between one server and its database packets are dropped, lost or late; which, the seed draws.",
  },
];

export function modeName(mode: string | undefined): string {
  return MODES.find((one) => one.mode === mode)?.name ?? "Build";
}

export function tierTwoName(model: TierTwo | undefined): string {
  switch (model) {
    case "none":
      return "no model";
    case "rehearsal":
      return "the rehearsal (recorded turns, no model)";
    case "real":
      return "Claude";
    case undefined:
      return "not known here";
  }
}

/** What such a build is supposed to show. */
export function expectation(mode: string, medic: boolean, model: TierTwo | undefined): string {
  if (mode === "none")
    return medic ? "All clients pass; the medic does nothing." : "All clients pass; nobody watches.";
  if (!medic) return "That client fails, for no fault of the code; the others pass.";
  if (mode === "misconfig")
    return "The medic sets the image back before the tests, without a model. All clients pass.";
  if (mode === "chaos-unrecoverable")
    return "Nothing mends a network from here: people get one message with the cause, and that client fails.";
  return model === "none"
    ? "Beyond the playbook and no model: people get one message, and that client fails."
    : "An episode finds the cordon and takes it off one node. All clients pass.";
}
