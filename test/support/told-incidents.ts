import type { EpisodeRecord, Incident, IncidentSpec, IncidentStatus } from "../../src/core/incident.ts";
import type { TimedMessage } from "../../src/core/trace.ts";

/** When the incidents of these tests were detected. */
export const DETECTED = Date.UTC(2026, 0, 5, 12);

const spec: IncidentSpec = {
  namespace: "build-4711",
  client: "2",
  runId: "4711",
  statefulSet: "server-2",
  statefulSetUid: "5f0c3c1e-0000-4000-8000-000000000002",
  pod: "server-2-0",
  buildUrl: "https://github.example/runs/4711",
};

/** An incident that the playbook repaired within eleven seconds; changed as given. */
export function toldIncident(
  status: Partial<IncidentStatus> = {},
  uid = "2f1b0d6c-8a55-4f0e-9d1c-1d2f3a4b5c6d",
): Incident {
  return {
    name: "build-4711-2-5f0c3c1e-1",
    uid,
    resourceVersion: "7",
    createdAt: DETECTED,
    spec,
    status: {
      phase: "Resolved",
      tier: 1,
      reason: "ImageDrift",
      rootCause: "server-2 runs x:bad instead of x:1",
      findings: [],
      attempts: [
        {
          action: "reconcile-to-intent",
          target: "StatefulSet/server-2",
          by: "playbook",
          at: DETECTED + 5,
          outcome: "applied",
          detail: "image: x:bad → x:1",
        },
      ],
      times: {
        Detected: DETECTED,
        Remediating: DETECTED + 2,
        Verifying: DETECTED + 90,
        Resolved: DETECTED + 11_000,
      },
      ...status,
    },
  };
}

export const toldEpisode: EpisodeRecord = {
  model: "claude-sonnet-4-6",
  turns: 2,
  tokens: 9000,
  costUsd: 0.02,
  outcome: "completed",
  tools: ["get_nodes", "uncordon_node"],
  startedAt: DETECTED + 1000,
  endedAt: DETECTED + 4000,
};

const answer = (id: string, after: number, ...content: object[]): TimedMessage => ({
  at: DETECTED + after,
  message: {
    type: "assistant",
    message: {
      id,
      model: "claude-sonnet-4-6",
      content: content as never,
      usage: {
        input_tokens: 3,
        cache_read_input_tokens: 2000,
        cache_creation_input_tokens: 900,
        output_tokens: 1,
      },
    },
  },
});
const use = (id: string, tool: string): object => ({
  type: "tool_use",
  id,
  name: `mcp__k8s__${tool}`,
  input: {},
});
const result = (after: number, id: string, more: object = {}): TimedMessage => ({
  at: DETECTED + after,
  message: {
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: id, content: "…", ...more }] },
  },
});

/** Two turns and two calls, the second of which was refused. */
export const toldTranscript: readonly TimedMessage[] = [
  { message: { type: "episode-opened" } },
  answer("earlier", -60_000, use("t0", "get_nodes")),
  answer("msg_1", 1800, { type: "text", text: "Let me look." }),
  answer("msg_1", 1810, use("t1", "get_nodes")),
  result(2000, "t1"),
  answer("msg_2", 3000, use("t2", "uncordon_node")),
  result(3200, "t2", { is_error: true }),
  {
    message: {
      type: "result",
      modelUsage: {
        "claude-sonnet-4-6": {
          inputTokens: 6,
          outputTokens: 240,
          cacheReadInputTokens: 4000,
          cacheCreationInputTokens: 1800,
        },
      },
    },
  },
];
