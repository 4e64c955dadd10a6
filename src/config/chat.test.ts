import assert from "node:assert/strict";
import { test } from "node:test";
import { describeConfig, loadConfig, secretsOf } from "../config.ts";
import { readChat } from "./chat.ts";

const webhook = { WEBHOOK_URL: "https://hooks.example/path-secret", WEBHOOK_SECRET: "sign-with-this" };
const matrix = {
  MATRIX_URL: "https://matrix.example/",
  MATRIX_TOKEN: "syt_token",
  MATRIX_ROOM: "#builds:example.org",
};
const account = {
  ROCKETCHAT_URL: "https://chat.example",
  ROCKETCHAT_USER_ID: "u",
  ROCKETCHAT_TOKEN: "rc_token",
  ROCKETCHAT_CHANNEL: "#builds",
};

test("a webhook of one's own, with and without a secret", () => {
  const { chat, problems } = readChat(webhook);
  assert.deepEqual(problems, []);
  assert.ok(chat.kind === "webhook");
  assert.deepEqual([chat.url.reveal(), chat.secret?.reveal()], [webhook.WEBHOOK_URL, "sign-with-this"]);
  const unsigned = readChat({ WEBHOOK_URL: webhook.WEBHOOK_URL, WEBHOOK_SECRET: " " }).chat;
  assert.ok(unsigned.kind === "webhook" && unsigned.secret === undefined);
});

test("Matrix, by a room's alias or id", () => {
  for (const room of [matrix.MATRIX_ROOM, "!opaque:example.org", "!withoutserver"]) {
    const { chat, problems } = readChat({ ...matrix, MATRIX_ROOM: room });
    assert.deepEqual(problems, []);
    assert.ok(chat.kind === "matrix");
    assert.deepEqual(
      [chat.url, chat.token.reveal(), chat.room],
      ["https://matrix.example", "syt_token", room],
    );
  }
});

const refused: readonly [what: string, env: Record<string, string>, sentence: string][] = [
  [
    "two destinations",
    { ...webhook, ...matrix },
    "A message goes to one place, but WEBHOOK_URL, WEBHOOK_SECRET and MATRIX_URL, MATRIX_TOKEN, MATRIX_ROOM are set; keep one of them.",
  ],
  [
    "half an account beside a webhook",
    { WEBHOOK_URL: webhook.WEBHOOK_URL, ROCKETCHAT_CHANNEL: "#builds" },
    "A message goes to one place, but ROCKETCHAT_CHANNEL and WEBHOOK_URL are set; keep one of them.",
  ],
  [
    "both ways into Rocket.Chat",
    { ...account, ROCKETCHAT_WEBHOOK_URL: "https://chat.example/hooks/a/b" },
    "A message goes to one place, but ROCKETCHAT_URL, ROCKETCHAT_USER_ID, ROCKETCHAT_TOKEN and ROCKETCHAT_WEBHOOK_URL are set; keep one of them.",
  ],
  [
    "a secret without an address",
    { WEBHOOK_SECRET: "x" },
    "The webhook is set up only in part: WEBHOOK_URL must be set too.",
  ],
  [
    "half of Matrix",
    { MATRIX_TOKEN: "x" },
    "Matrix is set up only in part: MATRIX_URL, MATRIX_ROOM must be set too.",
  ],
  [
    "a room that is none",
    { ...matrix, MATRIX_ROOM: "builds" },
    "MATRIX_ROOM is no room; accepted: a room's id, like !abc:example.org, or an alias, like #builds:example.org.",
  ],
  [
    "an address with a password",
    { ...matrix, MATRIX_URL: "https://a:b@matrix.example" },
    "MATRIX_URL contains a user or password; leave it out of the URL.",
  ],
  [
    "an address that is none, without repeating it",
    { WEBHOOK_URL: "path-secret" },
    "WEBHOOK_URL is no URL; accepted: one that begins with https:// or http://.",
  ],
  [
    "a typing error",
    { WEBHOOK_URl: "x" },
    "The environment variable WEBHOOK_URl is not used; did you mean WEBHOOK_URL?",
  ],
];
for (const [what, env, sentence] of refused)
  test(`${what} is refused in one sentence`, () => assert.deepEqual(readChat(env).problems, [sentence]));

test("variables of others' chats are left alone", () =>
  assert.deepEqual(readChat({ MATRIX_HOMESERVER_PATH: "x", WEBHOOK_PORT: "1" }), {
    chat: { kind: "none" },
    problems: [],
  }));

test("no credential of any chat is shown, and each is masked wherever it stands", () => {
  for (const [env, secrets] of [
    [webhook, [webhook.WEBHOOK_URL, webhook.WEBHOOK_SECRET]],
    [matrix, [matrix.MATRIX_TOKEN]],
    [account, [account.ROCKETCHAT_TOKEN]],
  ] as const) {
    const loaded = loadConfig({ flags: {}, env, readFile: () => undefined });
    assert.ok("config" in loaded);
    const shown = JSON.stringify(describeConfig(loaded.config));
    for (const secret of secrets) assert.ok(!shown.includes(secret), shown);
    assert.deepEqual(secretsOf(loaded.config, env), secrets);
  }
});

test("the address of the medic's pages is an http or https URL without credentials, or empty", () => {
  const load = (publicUrl: string): ReturnType<typeof loadConfig> =>
    loadConfig({ flags: { publicUrl }, env: {}, readFile: () => undefined });
  for (const good of ["", "https://medic.example.com", "http://10.0.0.7:8080/medic/"])
    assert.ok("config" in load(good), good);
  for (const bad of [
    "medic.example.com",
    "ftp://x",
    "https://a:b@x",
    "https://x/?a=1",
    "https://x/#a",
    "https://",
    "http://a b",
  ])
    assert.ok("problems" in load(bad), bad);
});
