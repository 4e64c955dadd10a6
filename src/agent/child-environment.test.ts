import assert from "node:assert/strict";
import { test } from "node:test";
import { childEnvironment, type ModelProvider } from "./child-environment.ts";

const environment = {
  PATH: "/usr/bin",
  HOME: "/home/medic",
  HTTPS_PROXY: "http://proxy:3128",
  NODE_EXTRA_CA_CERTS: "/etc/ca.pem",
  SSL_CERT_FILE: "",
  KUBECONFIG: "/home/medic/.kube/config",
  KUBERNETES_SERVICE_HOST: "10.0.0.1",
  ROCKETCHAT_TOKEN: "chat-token",
  NODE_OPTIONS: "--inspect",
  CLAUDE_CODE_SIMPLE: "1",
  CLAUDE_CODE_MAX_RETRIES: "10",
  CLAUDE_CONFIG_DIR: "/home/medic/.claude",
  ANTHROPIC_API_KEY: "key",
  ANTHROPIC_BASE_URL: "http://gateway",
  ANTHROPIC_MODEL: "another",
  CLAUDE_CODE_USE_BEDROCK: "1",
  AWS_REGION: "eu-central-1",
  AWS_SECRET_ACCESS_KEY: "aws-secret",
  CLAUDE_CODE_USE_VERTEX: "1",
  ANTHROPIC_VERTEX_PROJECT_ID: "project",
  VERTEX_REGION_CLAUDE_4_6_SONNET: "europe-west1",
  CLOUD_ML_REGION: "europe-west1",
};
const of = (
  provider: ModelProvider,
  more: Record<string, string> = {},
  files = true,
): Record<string, string> =>
  childEnvironment({
    provider,
    environment: { ...environment, ...more },
    folder: "/episodes/e1",
    exists: () => files,
  });
const own = [
  "API_TIMEOUT_MS",
  "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
  "CLAUDE_CODE_DISABLE_ATTACHMENTS",
  "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
  "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
  "CLAUDE_CODE_MAX_RETRIES",
  "CLAUDE_CODE_TMPDIR",
  "CLAUDE_CONFIG_DIR",
  "HOME",
  "HTTPS_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "PATH",
  "TMPDIR",
];

for (const [provider, names] of [
  ["anthropic", ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]],
  [
    "bedrock",
    [
      "CLAUDE_CODE_USE_BEDROCK",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_CONFIG_FILE",
      "AWS_SHARED_CREDENTIALS_FILE",
    ],
  ],
  [
    "vertex",
    [
      "CLAUDE_CODE_USE_VERTEX",
      "ANTHROPIC_VERTEX_PROJECT_ID",
      "VERTEX_REGION_CLAUDE_4_6_SONNET",
      "CLOUD_ML_REGION",
      "GOOGLE_APPLICATION_CREDENTIALS",
    ],
  ],
] as const) {
  test(`for ${provider} the agent gets its provider's variables, the network's, and no other`, () => {
    assert.deepEqual(Object.keys(of(provider)).sort(), [...own, ...names].sort());
  });
}

test("home, configuration and temporary files are the episode's, whatever was set", () => {
  const env = of("anthropic");
  assert.deepEqual(
    ["HOME", "TMPDIR", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_TMPDIR"].map((name) => env[name]),
    Array(4).fill("/episodes/e1"),
  );
  assert.equal(env["CLAUDE_CODE_MAX_RETRIES"], "2");
});

test("credential files of the real home are named, because the home moves", () => {
  assert.equal(of("bedrock")["AWS_CONFIG_FILE"], "/home/medic/.aws/config");
  assert.equal(of("bedrock")["AWS_SHARED_CREDENTIALS_FILE"], "/home/medic/.aws/credentials");
  assert.equal(
    of("vertex")["GOOGLE_APPLICATION_CREDENTIALS"],
    "/home/medic/.config/gcloud/application_default_credentials.json",
  );
});

test("credential files that are named already stay, and those that do not exist are not named", () => {
  assert.equal(of("bedrock", { AWS_CONFIG_FILE: "/etc/aws" })["AWS_CONFIG_FILE"], "/etc/aws");
  assert.equal(
    of("vertex", { GOOGLE_APPLICATION_CREDENTIALS: "/etc/g.json" })["GOOGLE_APPLICATION_CREDENTIALS"],
    "/etc/g.json",
  );
  assert.equal(of("vertex", {}, false)["GOOGLE_APPLICATION_CREDENTIALS"], undefined);
  assert.equal(of("bedrock", {}, false)["AWS_CONFIG_FILE"], undefined);
});
