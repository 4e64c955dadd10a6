import type { Kube } from "../build/kube.ts";
import type { FaultName } from "./catalogue.ts";

/** Where a fault goes, and what it may lean on. */
export interface FaultSite {
  readonly kube: Kube;
  readonly namespace: string;
  /** The client whose stack is hit. */
  readonly client: number;
  readonly runId: string;
  /**
   * Nodes that the build is about to cordon: written to disk before it happens, so that a later command can undo it
   * when this process dies.
   */
  readonly rememberCordon: (nodes: readonly string[]) => Promise<void>;
  readonly report: (line: string) => void;
}

/** A fault that is in place. */
export interface ActiveFault {
  readonly name: FaultName;
  /** What was done, for the record and the summary. Never shown to the cluster. */
  readonly detail: string;
  /** Takes the fault away again; safe to call twice. Throws `FarmError` when something is left. */
  heal(): Promise<void>;
}
