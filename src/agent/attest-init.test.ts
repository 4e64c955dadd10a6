import assert from "node:assert/strict";
import { test } from "node:test";
import { createAttestation, initMismatch } from "./attest-init.ts";

const expected = {
  model: "claude-sonnet-4-6",
  tools: ["mcp__k8s__get_pod", "mcp__notify__escalate"],
  servers: ["k8s", "notify"],
};
const server = (
  name: string,
  status = "connected",
  source = "sdk",
): { name: string; status: string; source: string } => ({
  name,
  status,
  source,
});
const asAsked = {
  model: "claude-sonnet-4-6",
  permissionMode: "default" as const,
  tools: ["mcp__notify__escalate", "mcp__k8s__get_pod"],
  mcp_servers: [server("notify"), server("k8s")],
};

test("a process that is as asked is accepted, in whatever order it lists its tools", () => {
  assert.equal(initMismatch(asAsked, expected), undefined);
});

for (const [sentence, change, words] of [
  ["a tool of the SDK's own", { tools: [...asAsked.tools, "Bash"] }, /tools not asked for: Bash/],
  ["a missing tool", { tools: ["mcp__k8s__get_pod"] }, /tools missing: mcp__notify__escalate/],
  [
    "a tool that is there twice",
    { tools: [...asAsked.tools, "mcp__k8s__get_pod"] },
    /not asked for: mcp__k8s__get_pod/,
  ],
  [
    "another server",
    { mcp_servers: [...asAsked.mcp_servers, server("web")] },
    /tool servers not asked for: web/,
  ],
  [
    "a server that is not connected",
    { mcp_servers: [server("notify"), server("k8s", "failed")] },
    /k8s \(failed, sdk\)/,
  ],
  [
    "a server from a configuration",
    { mcp_servers: [server("notify"), server("k8s", "connected", "project")] },
    /k8s \(connected, project\)/,
  ],
  ["a mode that asks nobody", { permissionMode: "bypassPermissions" }, /bypassPermissions/],
  ["another model", { model: "claude-opus-4-7" }, /model not asked for: claude-opus-4-7/],
] satisfies [string, Partial<Parameters<typeof initMismatch>[0]>, RegExp][]) {
  test(`${sentence} is a mismatch`, () => {
    assert.match(initMismatch({ ...asAsked, ...change }, expected) ?? "", words);
  });
}

test("an answer before the process said what it is is a mismatch", () => {
  const attested = createAttestation(expected);
  const answer = { type: "assistant" } as Parameters<typeof attested>[0];
  assert.match(attested(answer) ?? "", /did not say which tools/);
});
