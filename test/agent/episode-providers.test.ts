import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelReply } from "../../farm/rehearsal/messages-api.ts";
import { calls, play, read, says, temporaryFolder, write, type Scene } from "./episode-harness.ts";

const bedrock: Scene = {
  provider: "bedrock",
  limits: { model: "eu.anthropic.claude-sonnet-4-6" },
  environment: (url) => ({
    CLAUDE_CODE_USE_BEDROCK: "1",
    CLAUDE_CODE_SKIP_BEDROCK_AUTH: "1",
    ANTHROPIC_BEDROCK_BASE_URL: url,
    AWS_REGION: "eu-central-1",
  }),
};
const vertex: Scene = {
  provider: "vertex",
  limits: { model: "claude-sonnet-4-6" },
  environment: (url) => ({
    CLAUDE_CODE_USE_VERTEX: "1",
    CLAUDE_CODE_SKIP_VERTEX_AUTH: "1",
    ANTHROPIC_VERTEX_BASE_URL: `${url}/v1`,
    ANTHROPIC_VERTEX_PROJECT_ID: "project-1",
    CLOUD_ML_REGION: "europe-west1",
  }),
};

for (const [name, scene, path] of [
  ["Bedrock", bedrock, "/model/eu.anthropic.claude-sonnet-4-6/invoke-with-response-stream"],
  [
    "Vertex",
    vertex,
    "/v1/projects/project-1/locations/europe-west1/publishers/anthropic/models/claude-sonnet-4-6:streamRawPredict",
  ],
] as const) {
  test(`through ${name} an episode has the same tools and comes to the same`, async (t) => {
    const usage = { input_tokens: 1000, output_tokens: 1000 };
    const { outcome, requests, events, answers } = await play(t, {
      ...scene,
      replies: [
        { ...calls([read, { pod: "server-0" }]), usage },
        { ...says("It is fine."), usage },
      ],
    });
    assert.equal(outcome.end, "completed", outcome.detail);
    assert.equal(outcome.lastText, "It is fine.");
    assert.equal(outcome.turns, 2);
    assert.equal(outcome.tokens, 4000);
    assert.ok(Math.abs(outcome.costUsd - 0.036) < 1e-9, `${outcome.costUsd}`);
    assert.deepEqual(events, ['get_pod {"pod":"server-0"}', "get_pod ended", "latch"]);
    assert.deepEqual(answers, ["get_pod answered."]);
    for (const request of requests) {
      assert.equal(decodeURIComponent(request.path), path);
      assert.deepEqual(request.body.tools.map(({ name }) => name).sort(), [write, read]);
      assert.equal(request.body.max_tokens, 4096);
    }
  });

  test(`through ${name} an answer that breaks off and a refused key are API errors`, async (t) => {
    const broken: ModelReply = { kind: "half", content: [{ type: "text", text: "I was" }] };
    const refused: ModelReply = { kind: "error", status: 403, type: "permission_error", message: "no" };
    for (const reply of [broken, refused]) {
      const { outcome, requests } = await play(t, { ...scene, replies: () => reply });
      assert.equal(outcome.end, "api-error", JSON.stringify(outcome));
      assert.ok(requests.length <= 6, `${requests.length} requests`);
    }
  });
}

test("Bedrock's requests are signed with the keys of the medic's environment", async (t) => {
  const { outcome, requests } = await play(t, {
    ...bedrock,
    environment: (url) => ({
      CLAUDE_CODE_USE_BEDROCK: "1",
      ANTHROPIC_BEDROCK_BASE_URL: url,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIAREHEARSAL0000000",
      AWS_SECRET_ACCESS_KEY: "rehearsal",
    }),
    replies: ({ body }) =>
      body.tools.length > 0
        ? says("Done.")
        : { kind: "error", status: 404, type: "not_found_error", message: "no" },
  });
  assert.equal(outcome.end, "completed", outcome.detail);
  const asked = requests.find(({ body }) => body.tools.length > 0)!;
  assert.match(asked.headers["authorization"] ?? "", /^AWS4-HMAC-SHA256 Credential=AKIAREHEARSAL/);
});

test("three episodes at once keep to their own tools, answers and files", async (t) => {
  const workDir = temporaryFolder(t);
  const names = ["incident-a", "incident-b", "incident-c"];
  const played = await Promise.all(
    names.map((incident) =>
      play(t, { workDir, incident, replies: [calls([read, { pod: incident }]), says(`About ${incident}.`)] }),
    ),
  );
  played.forEach(({ outcome, events }, at) => {
    assert.equal(outcome.end, "completed");
    assert.equal(outcome.lastText, `About ${names[at]}.`);
    assert.deepEqual(events, [`get_pod {"pod":"${names[at]}"}`, "get_pod ended", "latch"]);
  });
});
