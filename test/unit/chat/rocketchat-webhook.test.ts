import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { ChatError, type ChatErrorCode } from "../../../src/chat/chat-error.ts";
import { linksOf } from "../../../src/chat/links.ts";
import { formatMessage } from "../../../src/chat/message-format.ts";
import { createRocketChatWebhook } from "../../../src/chat/rocketchat-webhook.ts";
import { type RocketChatDouble, startRocketChatDouble } from "../../support/rocketchat/double.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";

const message = exampleEscalation();
const call = { signal: new AbortController().signal };

async function failureOf(sending: Promise<unknown>, webhookUrl: string): Promise<ChatError> {
  const error = await sending.then(
    () => assert.fail("the message was accepted"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof ChatError, String(error));
  for (const secret of new URL(webhookUrl).pathname.split("/").slice(2)) {
    assert.ok(
      !`${error.stack} ${JSON.stringify(error)}`.includes(secret),
      "the webhook's secret is in the error",
    );
  }
  return error;
}

function assertError(error: ChatError, code: ChatErrorCode, retriable: boolean, sentence: RegExp): void {
  assert.deepEqual([error.code, error.retriable], [code, retriable]);
  assert.match(error.message, sentence);
}

describe("the webhook", () => {
  let double: RocketChatDouble;
  before(async () => {
    double = await startRocketChatDouble();
  });
  afterEach(() => double.reset());
  after(() => double.stop());

  test("posts the same text and attachment as the API does", async () => {
    const chat = createRocketChatWebhook({ url: double.webhookUrl });
    assert.deepEqual(await chat.send(message, call), { channel: "webhook", duplicate: false });
    const [stored] = double.messages();
    assert.deepEqual(
      { text: stored?.msg, attachments: stored?.attachments },
      formatMessage(message, linksOf(message)),
    );
    assert.equal(stored?.webhook, true);
  });

  test("shows a repeat again: it has no message id, and says so by never reporting a duplicate", async () => {
    const chat = createRocketChatWebhook({ url: double.webhookUrl });
    await chat.send(message, call);
    assert.equal((await chat.send(message, call)).duplicate, false);
    assert.equal(double.messages().length, 2);
  });

  test("an address that the server does not know is refused for good", async () => {
    const url = `${double.webhookUrl}x`;
    const error = await failureOf(createRocketChatWebhook({ url }).send(message, call), url);
    assertError(
      error,
      "chat-refused",
      false,
      /Invalid integration id or token.*check ROCKETCHAT_WEBHOOK_URL/,
    );
  });

  test("a channel that the integration does not let through is told with both ways out", async () => {
    const chat = createRocketChatWebhook({ url: double.webhookUrl, channel: "#other" });
    const error = await failureOf(chat.send(message, call), double.webhookUrl);
    assertError(
      error,
      "chat-channel-unknown",
      false,
      /unset ROCKETCHAT_CHANNEL or let the integration override/,
    );
  });

  test("a channel of its own is used where the integration allows it", async () => {
    const open = await startRocketChatDouble({
      webhookOverridable: true,
      rooms: [{ _id: "r2", name: "other", t: "c" }],
    });
    await createRocketChatWebhook({ url: open.webhookUrl, channel: "#other" }).send(message, call);
    assert.equal(open.messages()[0]?.rid, "r2");
    await open.stop();
  });

  test("a disabled integration may be enabled again: worth another try", async () => {
    double.inject({ kind: "status", status: 503, body: '{"success":false,"error":"Service Unavailable"}' });
    const error = await failureOf(
      createRocketChatWebhook({ url: double.webhookUrl }).send(message, call),
      double.webhookUrl,
    );
    assertError(error, "chat-server-error", true, /answers 503 \(Service Unavailable\); is Rocket.Chat up/);
  });

  test("429 says how long to wait", async () => {
    double.inject({ kind: "rate-limit", ms: 5000 });
    const error = await failureOf(
      createRocketChatWebhook({ url: double.webhookUrl }).send(message, call),
      double.webhookUrl,
    );
    assertError(error, "chat-rate-limited", true, /too many requests/);
    assert.ok(error.retryAfterMs! >= 5000 && error.retryAfterMs! <= 6000);
  });

  test("no answer in time can be tried again", async () => {
    double.inject({ kind: "hang" });
    const chat = createRocketChatWebhook({ url: double.webhookUrl, timeoutMs: 80 });
    assertError(
      await failureOf(chat.send(message, call), double.webhookUrl),
      "chat-timeout",
      true,
      /within 0.08 s/,
    );
  });

  test("what is no address is refused before anything is sent, without repeating it", () => {
    assert.throws(() => createRocketChatWebhook({ url: "hooks/secret" }), {
      message: /^ROCKETCHAT_WEBHOOK_URL is no http or https address: correct it$/,
    });
  });
});
