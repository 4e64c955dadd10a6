import type { EscalationMessage } from "../../../src/core/escalation.ts";
import type { Attempt } from "../../../src/core/incident.ts";

/** A message as the medic sends one for a stack whose nodes are cordoned; `changes` make it another one. */
export function exampleEscalation(changes: Partial<EscalationMessage> = {}): EscalationMessage {
  return {
    messageId: "upcjn1cn5u68w294z",
    incident: "ci-4711-2-k3x9d",
    runId: "4711",
    namespace: "ci-4711",
    client: "2",
    stack: "server-2 (pod server-2-0)",
    pod: "server-2-0",
    reason: "NodesCordoned",
    rootCause:
      "server-2-0 has no node: 0/2 nodes are available: 2 node(s) were unschedulable; node-1 and node-2 are cordoned",
    events: [
      "Pod/server-2-0 FailedScheduling: 0/2 nodes are available: 2 node(s) were unschedulable. (4 times)",
    ],
    attempts: [],
    costUsd: 0,
    buildUrl: "https://ci.example.com/runs/4711",
    ...changes,
  };
}

/** One repair of the playbook; `changes` make it another one. */
export function exampleAttempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    action: "reconcile-to-intent",
    target: "StatefulSet/server-2",
    by: "playbook",
    at: Date.parse("2026-11-22T02:04:05Z"),
    outcome: "applied",
    detail: "image localhost:5000/server:no-such → localhost:5000/server:1",
    ...changes,
  };
}
