import type { Attempt } from "./incident.ts";

/** The one message of an incident, as data; each sink formats it. Everything in it is masked and capped already. */
export interface EscalationMessage {
  /** Deterministic: the same incident always has the same id, 17 characters of [0-9a-z]. */
  readonly messageId: string;
  readonly incident: string;
  readonly runId: string;
  readonly namespace: string;
  readonly client: string;
  /** The StatefulSet and pod it is about, for people; of a storm, what many stacks have. */
  readonly stack: string;
  /** The pod's name, for commands; empty when there is none. */
  readonly pod: string;
  readonly reason: string;
  readonly rootCause: string;
  /** The two parts of `rootCause` where a model was asked and had an answer. */
  readonly accounts?: Accounts;
  /** What the model quotes for its account, where one was asked. */
  readonly evidence?: string;
  /** What the model would have a person do first. */
  readonly suggestion?: string;
  /** The model that was asked. */
  readonly episode?: { readonly model: string; readonly turns: number };
  /** What the events said, newest last. */
  readonly events: readonly string[];
  /** What was tried and how it went, oldest first; empty: nothing was tried. */
  readonly attempts: readonly Attempt[];
  /** Dollars spent on this incident. */
  readonly costUsd: number;
  readonly buildUrl?: string;
}

/** Who says what of one outage. */
export interface Accounts {
  readonly model: string;
  /** The medic's own finding. */
  readonly medic: string;
}
