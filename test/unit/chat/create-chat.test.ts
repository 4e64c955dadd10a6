import assert from "node:assert/strict";
import { test } from "node:test";
import { createChat } from "../../../src/chat/create-chat.ts";
import { collectingLog } from "../../support/collecting-log.ts";
import { startRocketChatDouble } from "../../support/rocketchat/double.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";

const call = { signal: new AbortController().signal };
const hidden = (value: string): { reveal(): string } => ({ reveal: () => value });

test("without a chat the whole message goes to the log, once and as a warning", async () => {
  const log = collectingLog();
  const chat = createChat({ kind: "none" }, { log });
  assert.equal(chat.channel, "log");
  assert.deepEqual(await chat.send(exampleEscalation(), call), { channel: "log", duplicate: false });
  assert.deepEqual(log.lines, [{ level: "warn", message: "escalation", fields: exampleEscalation() }]);
});

test("the variables that the double hands out make the account the sender", async () => {
  const double = await startRocketChatDouble();
  const {
    ROCKETCHAT_URL: url,
    ROCKETCHAT_USER_ID: userId,
    ROCKETCHAT_TOKEN: token,
    ROCKETCHAT_CHANNEL: channel,
  } = double.env;
  const log = collectingLog();
  const chat = createChat({ kind: "rocketchat", url, userId, token: hidden(token), channel }, { log });
  assert.equal(chat.channel, "#builds");
  await chat.send(exampleEscalation(), call);
  assert.equal(double.messages()[0]?._id, exampleEscalation().messageId);
  assert.deepEqual(log.lines, []);
  await double.stop();
});

test("a webhook's address makes the webhook the sender", async () => {
  const double = await startRocketChatDouble();
  const chat = createChat(
    { kind: "rocketchat-webhook", url: hidden(double.webhookUrl) },
    { log: collectingLog() },
  );
  assert.equal(chat.channel, "webhook");
  await chat.send(exampleEscalation(), call);
  assert.equal(double.messages()[0]?.webhook, true);
  await double.stop();
});
