/** The one message of an incident, as data; each sink formats it. Everything in it is masked and capped already. */
export interface EscalationMessage {
  /** Deterministic: the same incident always has the same id, 17 characters of [0-9a-z]. */
  readonly messageId: string;
  readonly incident: string;
  readonly runId: string;
  readonly namespace: string;
  readonly client: string;
  /** The StatefulSet and pod it is about. */
  readonly stack: string;
  readonly reason: string;
  readonly rootCause: string;
  /** What the model quotes for its account, where one was asked. */
  readonly evidence?: string;
  /** What the model would have a person do first. */
  readonly suggestion?: string;
  /** What the events said, newest last. */
  readonly events: readonly string[];
  /** What was tried and how it went, oldest first; empty: nothing was tried. */
  readonly attempts: readonly string[];
  /** Dollars spent on this incident. */
  readonly costUsd: number;
  readonly buildUrl?: string;
}
