import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { anIncident } from "../../test/support/served-api.ts";
import { loadConfig } from "../config.ts";
import type { Config } from "../config.ts";
import { pageDeps } from "./page-deps.ts";

const dir = await mkdtemp(join(tmpdir(), "page-deps-"));
after(() => rm(dir, { recursive: true, force: true }));

function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig({ flags: {}, env: { MEDIC_STATE_DIR: dir, ...env }, readFile: () => undefined });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return loaded.config;
}

function depsOf(env: Record<string, string>, more: { askedMode?: Config["mode"]; leads?: boolean } = {}) {
  return pageDeps({
    version: "1",
    startedAt: 0,
    chat: "log",
    askedMode: more.askedMode ?? "act",
    config: () => configOf(env),
    leads: () => more.leads ?? true,
    incidents: () => [anIncident("a")],
  });
}

const told = anIncident("a", {
  status: { phase: "Escalated", escalation: { messageId: "m1234567890123456", events: ["Pod/a Failed: x"] } },
});
const chats: readonly [kind: string, env: Record<string, string>, text: RegExp][] = [
  ["no chat", {}, /server-0/],
  [
    "a webhook",
    { WEBHOOK_URL: "http://127.0.0.1:1/hook" },
    /^\{\n  "version": 1,\n  "messageId": "m1234567890123456"/,
  ],
  [
    "Rocket.Chat",
    {
      ROCKETCHAT_URL: "http://127.0.0.1:1",
      ROCKETCHAT_USER_ID: "u",
      ROCKETCHAT_TOKEN: "t",
      ROCKETCHAT_CHANNEL: "#c",
    },
    /^:rotating_light: \*/,
  ],
  ["Matrix", { MATRIX_URL: "http://127.0.0.1:1", MATRIX_TOKEN: "t", MATRIX_ROOM: "!r:h" }, /server-0/],
];
for (const [kind, env, text] of chats)
  test(`words the message as it goes to ${kind}`, () =>
    assert.match(depsOf(env).message(told)?.text ?? "", text));

test("an incident without a message has none", () =>
  assert.equal(depsOf({}).message(anIncident("b")), undefined));

test("says why it only observes, and that it asks no model, and sums up the incidents", () => {
  const about = depsOf({ MEDIC_MODE: "observe" }, { leads: false }).about();
  assert.equal(about.mode, "observe");
  assert.match(about.modeBecause ?? "", /its account may do more/);
  assert.deepEqual([about.leader, "model" in about, about.totals.incidents.total], [false, false, 1]);
  const asked = depsOf({ MEDIC_MODE: "observe" }, { askedMode: "observe" }).about();
  assert.equal("modeBecause" in asked, false);
  assert.equal(depsOf({ ANTHROPIC_API_KEY: "k" }).about().model, "claude-sonnet-4-6");
});

test("knows of no records where there are none", async () =>
  assert.deepEqual(await depsOf({}).records("a"), { audit: [], decisions: [] }));
