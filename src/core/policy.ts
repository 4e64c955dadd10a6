/** What the configuration says about decisions; all a decision depends on besides the snapshot. */
export interface Policy {
  /** Not ready for longer than this without progress = stuck. Milliseconds. */
  readonly debounceMs: number;
  /** How long a stack must stay ready before a repair counts as one. Milliseconds. */
  readonly verifyMs: number;
  /** Actions per stack and incident; then it escalates. */
  readonly maxActionsPerStack: number;
  /** `observe`: everything but the writes. */
  readonly mode: "act" | "observe";
  /** Whether a node may be uncordoned. */
  readonly allowNodePatch: boolean;
  /** Whether there is a model to ask about what the playbook does not know. */
  readonly tier2: boolean;
}

/** A farm is in a storm when at least this many stacks have the same trouble … */
export const STORM_STACKS = 5;
/** … and they are at least this share of the watched stacks. One broken stack of four in every build is no storm. */
export const STORM_SHARE = 1 / 3;
