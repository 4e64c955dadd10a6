import type { FaultName } from "../faults/catalogue.ts";
import type { BuildOwner } from "../build/owner.ts";

/** What the process that holds a fault has to know; it comes on its stdin as JSON. */
export interface FaultOrder {
  readonly fault: FaultName;
  readonly runId: string;
  readonly namespace: string;
  readonly client: number;
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly helm: string;
  /** When they have gone, so has the build. */
  readonly owner: BuildOwner;
}

/** Its one answer, a line of JSON on its stdout. */
export type FaultAnswer = { readonly detail: string } | { readonly failed: string };
