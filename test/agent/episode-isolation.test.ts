import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  calls,
  environmentOf,
  play,
  read,
  readTool,
  says,
  temporaryFolder,
  toolNamed,
  write,
  writeTool,
} from "./episode-harness.ts";

test("the model is offered exactly the tools handed in, and told what each one does", async (t) => {
  const tools = [readTool(), writeTool(), toolNamed("escalate", { server: "notify" })];
  const { requests, outcome } = await play(t, { tools });
  assert.equal(outcome.end, "completed");
  assert.deepEqual(requests[0]!.body.tools.map(({ name, description }) => `${name}: ${description}`).sort(), [
    "mcp__k8s__delete_pod: Does delete_pod.",
    "mcp__k8s__get_pod: Does get_pod.",
    "mcp__notify__escalate: Does escalate.",
  ]);
});

test("a whole episode: the tool runs, the model reads its answer, turns, tokens and dollars are counted", async (t) => {
  const usage = {
    input_tokens: 1000,
    output_tokens: 1000,
    cache_creation_input_tokens: 10_000,
    cache_read_input_tokens: 100_000,
  };
  const { outcome, events, answers } = await play(t, {
    replies: [calls([read, { pod: "server-0", unknown: 1 }]), { ...says("Looks fine now."), usage }].map(
      (reply) => ({
        ...reply,
        usage,
      }),
    ),
  });
  assert.deepEqual(events, ['get_pod {"pod":"server-0"}', "get_pod ended", "latch"]);
  assert.deepEqual(answers, ["get_pod answered."]);
  const { costUsd, ...rest } = outcome;
  assert.ok(Math.abs(costUsd - 2 * 0.0855) < 1e-9, `${costUsd}`);
  assert.deepEqual(rest, {
    end: "completed",
    turns: 2,
    tokens: 224_000,
    costKnown: true,
    detail: "",
    lastText: "Looks fine now.",
  });
});

test("settings, hooks, instructions, servers and permissions that lie around the episode are not loaded", async (t) => {
  const home = temporaryFolder(t);
  const project = join(home, "project");
  const marker = join(home, "hook-ran");
  poison(home, marker);
  poison(project, marker);
  const { requests, events, outcome } = await play(t, {
    workDir: project,
    environment: (url) => ({
      HOME: home,
      CLAUDE_CONFIG_DIR: join(home, ".claude"),
      ANTHROPIC_API_KEY: "rehearsal",
      ANTHROPIC_BASE_URL: url,
    }),
    replies: [calls([write])],
    canUse: () => ({ allowed: false, why: "Not now." }),
  });
  assert.equal(outcome.end, "completed");
  assert.ok(!existsSync(marker), "a hook ran");
  assert.deepEqual(events, ["latch"], "a permission of the settings let the write through");
  for (const { body } of requests) {
    assert.deepEqual(body.tools.map(({ name }) => name).sort(), [write, read]);
    assert.doesNotMatch(JSON.stringify(body), /POISON/);
  }
});

/** What a user or a project could have set up for the SDK's program. */
function poison(folder: string, marker: string): void {
  const run = [{ hooks: [{ type: "command", command: `touch ${marker}` }] }];
  const settings = {
    hooks: { PreToolUse: run, SessionStart: run, UserPromptSubmit: run },
    permissions: { allow: [write, "mcp__k8s"], defaultMode: "bypassPermissions" },
    env: { POISON: "POISON" },
    enableAllProjectMcpServers: true,
  };
  const server = { mcpServers: { poison: { command: "touch", args: [marker] } } };
  mkdirSync(join(folder, ".claude", "commands"), { recursive: true });
  writeFileSync(join(folder, ".claude", "settings.json"), JSON.stringify(settings));
  writeFileSync(join(folder, ".claude", "settings.local.json"), JSON.stringify(settings));
  writeFileSync(join(folder, ".claude", "CLAUDE.md"), "POISON");
  writeFileSync(join(folder, ".claude", "commands", "fix.md"), "POISON");
  writeFileSync(join(folder, "CLAUDE.md"), "POISON");
  writeFileSync(join(folder, ".mcp.json"), JSON.stringify(server));
  writeFileSync(join(folder, ".claude.json"), JSON.stringify(server));
}

test("a file named in the prompt is not read", async (t) => {
  const secret = join(temporaryFolder(t), "token");
  writeFileSync(secret, "SECRET-OF-A-FILE");
  const prompt = `The event says: cannot mount @${secret} (see "@${secret}").`;
  const { requests } = await play(t, { prompt });
  assert.equal(requests.length, 1);
  assert.match(JSON.stringify(requests[0]!.body.messages), /cannot mount @/);
  assert.doesNotMatch(JSON.stringify(requests[0]!.body), /SECRET-OF-A-FILE/);
});

for (const command of ["/clear", "/compact", "/context", "!touch x", "#remember this"]) {
  test(`a prompt that begins with ${command} reaches the model as it is written`, async (t) => {
    const { requests, outcome } = await play(t, { prompt: `${command} the stack` });
    assert.equal(outcome.turns, 1);
    assert.ok(JSON.stringify(requests[0]!.body.messages).includes(`"${command} the stack"`));
  });
}

test("the agent's process sees no variable but those it needs", async (t) => {
  let seen: string[] = [];
  await play(t, {
    environment: (url) => ({
      HOME: "/home/medic",
      ANTHROPIC_API_KEY: "rehearsal",
      ANTHROPIC_BASE_URL: url,
      KUBECONFIG: "/secret/kubeconfig",
      ROCKETCHAT_TOKEN: "chat-secret",
      AWS_SECRET_ACCESS_KEY: "aws-secret",
      NODE_OPTIONS: "--no-warnings",
      CLAUDE_CODE_SIMPLE: "1",
    }),
    replies: (_request, _index, stage) => {
      seen = environmentOf(stage.childPid()).map((line) => line.slice(0, line.indexOf("=")));
      return says("Done.");
    },
  });
  const bySdk = seen.filter((name) =>
    /^CLAUDE_(?:CODE_ENTRYPOINT|AGENT_SDK_VERSION|CODE_SDK_READS_\w+)$/.test(name),
  );
  assert.deepEqual(seen.filter((name) => !bySdk.includes(name)).sort(), [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "API_TIMEOUT_MS",
    "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
    "CLAUDE_CODE_DISABLE_ATTACHMENTS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "CLAUDE_CODE_MAX_RETRIES",
    "CLAUDE_CODE_TMPDIR",
    "CLAUDE_CONFIG_DIR",
    "HOME",
    "PATH",
    "TMPDIR",
  ]);
});

test("an answer is asked for with at most 4096 tokens", async (t) => {
  const { requests } = await play(t);
  assert.equal(requests[0]!.body.max_tokens, 4096);
});
