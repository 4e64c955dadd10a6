import assert from "node:assert/strict";
import { test } from "node:test";
import { anIncident, served } from "../../test/support/served-api.ts";
import { answers, calls, closed, opened, says } from "../../test/support/transcript-pieces.ts";
import type { ApiDeps } from "./deps.ts";
import type { IncidentFile } from "./incident-file.ts";

const escalation = { messageId: "abcdefghijklmnopq", events: [], channel: "#farm" };
const deps: Partial<ApiDeps> = {
  listIncidents: () => [anIncident("a", { status: { phase: "Escalated", escalation } })],
  transcript: async () => [
    opened(),
    says("msg_1", "I look at the nodes. token=hunter22hunter22"),
    calls("msg_1", "call-1", "mcp__k8s__get_nodes", {}),
    answers("call-1", "node-1 is cordoned"),
    calls("msg_2", "call-2", "mcp__k8s__restart_pod", { pod: "other-0" }),
    answers("call-2", "Not permitted. It belongs to another stack.", true),
    closed({ end: "completed" }),
  ],
  records: async () => ({
    audit: [{ seq: 1, action: "restart-pod", result: "password=hunter22hunter22" }],
    decisions: [{ file: "a-1.json", plan: "investigate", reason: "NodesCordoned", what: "two nodes" }],
  }),
  message: ({ name }) => ({ text: `About ${name}: token=hunter22hunter22` }),
};

async function fileOf(query = "", more: Partial<ApiDeps> = {}): Promise<IncidentFile> {
  const response = await served({ ...deps, ...more }).api.request(`/api/v1/incidents/a${query}`);
  return (await response.json()) as IncidentFile;
}

test("an incident comes with its records, its decisions, its message, and its episode turn by turn, all masked", async () => {
  const file = await fileOf();
  assert.doesNotMatch(JSON.stringify(file), /hunter22/);
  assert.equal(file.transcript?.length, 7);
  assert.equal(file.message?.text, "About a: token=[masked]");
  assert.equal(file.decisions[0]?.plan, "investigate");
  assert.deepEqual(file.audit, [{ seq: 1, action: "restart-pod", result: "password=[masked]" }]);
  const [episode] = file.episodes;
  assert.ok(episode);
  assert.equal(episode.end?.how, "completed");
  const came = episode.steps.flatMap((step) =>
    step.kind === "turn"
      ? step.parts.map((part) => (part.kind === "call" ? `${part.tool}: ${part.answer?.came}` : part.text))
      : [step.text],
  );
  assert.deepEqual(came, [
    "I look at the nodes. token=[masked]",
    "get_nodes: answered",
    "restart_pod: refused",
  ]);
});

test("leaves the raw messages out when asked to, and says what it accepts", async () => {
  const file = await fileOf("?transcript=no");
  assert.equal("transcript" in file, false);
  assert.equal(file.episodes.length, 1);
  const wrong = await served(deps).api.request("/api/v1/incidents/a?transcript=maybe");
  assert.equal(wrong.status, 400);
});

test("an incident of which nothing is kept here has empty lists, no transcript and no message", async () => {
  const file = await fileOf("", {
    transcript: async () => undefined,
    records: async () => ({ audit: [], decisions: [] }),
    message: () => undefined,
  });
  assert.deepEqual(
    [file.episodes, file.audit, file.decisions, "transcript" in file, "message" in file],
    [[], [], [], false, false],
  );
});
