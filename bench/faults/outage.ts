import type { JsonObject } from "../../src/core/json.ts";
import type { Kind } from "./kinds.ts";

/** One stack that was broken on purpose, and everything that the judgement of it needs to know. */
export interface Outage {
  readonly number: number;
  readonly namespace: string;
  readonly kind: Kind;
  /** The node that only this stack needs, for the kind that has one. */
  readonly node: string;
  /** In its episode the model asks for a restart of the pod. */
  readonly restarts: boolean;
  /** When its namespace is deleted, if it is. */
  readonly deletion: Deletion | undefined;
  /** Spec of the server's StatefulSet as declared; unset until it is deployed. */
  declared?: JsonObject;
  /** Epoch milliseconds. */
  brokenAt?: number;
  /** Its namespace was deleted. */
  deleted: boolean;
  settled: boolean;
  /** Names of the faults that were there while it was open. */
  readonly met: Set<string>;
}

export type Deletion =
  | { readonly when: "incident"; readonly afterMs: number }
  | { readonly when: "episode"; readonly turn: number };

/** Every stack has one client in a namespace of its own, so that a namespace is an outage. */
export const CLIENT = "0";
export const SERVER = `server-${CLIENT}`;
export const POD = `${SERVER}-0`;

export function namespaceOf(number: number): string {
  return `outage-${String(number).padStart(4, "0")}`;
}
