import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { jsonText } from "../../../scripts/values-schema.ts";
import { ChatError, type ChatErrorCode } from "../../../src/chat/chat-error.ts";
import { webhookBody, webhookBodySchema } from "../../../src/chat/webhook-body.ts";
import { createWebhook } from "../../../src/chat/webhook.ts";
import { startReceiver } from "../../support/chat/http-receiver.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";
import { examples } from "../../support/rocketchat/escalation-examples.ts";

const message = exampleEscalation();
const call = { signal: new AbortController().signal };
const PAGES = "https://medic.example.com";
const SECRET = "a-shared-secret";
const NOW = Date.parse("2026-11-22T02:04:05.678Z");

async function failureOf(sending: Promise<unknown>): Promise<ChatError> {
  const error = await sending.then(
    () => assert.fail("the message was accepted"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof ChatError, String(error));
  for (const secret of ["path-secret", SECRET])
    assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(secret), "a secret is in the error");
  return error;
}

describe("the webhook", () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  before(async () => {
    receiver = await startReceiver();
  });
  beforeEach(() => void (receiver.received as unknown[]).splice(0));
  after(() => receiver.stop());

  const webhook = (more: object = {}): ReturnType<typeof createWebhook> =>
    createWebhook({
      url: `${receiver.url}/hooks/path-secret`,
      publicUrl: PAGES,
      now: () => NOW,
      timeoutMs: 2000,
      ...more,
    });

  test("posts the documented body, and a repeat has the same key", async () => {
    assert.deepEqual(await webhook().send(message, call), { channel: "webhook", duplicate: false });
    await webhook().send(message, call);
    const [first, second] = receiver.received;
    assert.deepEqual([first?.method, first?.path], ["POST", "/hooks/path-secret"]);
    assert.equal(first?.headers["content-type"], "application/json");
    assert.equal(first?.headers["idempotency-key"], message.messageId);
    assert.equal(first?.headers["x-medic-signature"], undefined);
    assert.deepEqual([second?.body, second?.headers["idempotency-key"]], [first?.body, message.messageId]);
    const body = webhookBodySchema.parse(JSON.parse(first?.body ?? ""));
    assert.equal(body.links.story, `${PAGES}/#/incidents/${message.incident}`);
  });

  test("signs the time and the very bytes when there is a secret", async () => {
    await webhook({ secret: SECRET }).send(examples["hostile"]!, call);
    const { headers, body } = receiver.received[0]!;
    assert.equal(headers["x-medic-timestamp"], "1795313045");
    const wanted = createHmac("sha256", SECRET).update(`1795313045.${body}`).digest("hex");
    assert.equal(headers["x-medic-signature"], `v1=${wanted}`);
  });

  test("any answer of success is one, whatever its body", async () => {
    for (const [status, body] of [
      [200, "ok"],
      [201, ""],
      [202, "{}"],
      [204, ""],
    ] as const) {
      receiver.answer({ status, body });
      await webhook().send(message, call);
    }
  });

  const refusals: readonly [what: string, number, Record<string, string>, ChatErrorCode, boolean, RegExp][] =
    [
      ["429", 429, { "retry-after": "42" }, "chat-rate-limited", true, /next try in 42 s/],
      ["503", 503, {}, "chat-server-error", true, /answers 503 \(no luck\)/],
      ["408", 408, {}, "chat-server-error", true, /answers 408/],
      [
        "a redirect",
        308,
        { location: "https://x.test/path" },
        "chat-redirected",
        false,
        /redirects to https:\/\/x\.test: set WEBHOOK_URL/,
      ],
      [
        "401",
        401,
        {},
        "chat-unauthorized",
        false,
        /refused with 401 \(no luck\); check WEBHOOK_URL and WEBHOOK_SECRET/,
      ],
      ["404", 404, {}, "chat-refused", false, /refused with 404 \(no luck\); check WEBHOOK_URL$/],
    ];
  for (const [what, status, headers, code, retriable, sentence] of refusals)
    test(`an answer ${what} is told as what it is`, async () => {
      receiver.answer({ status, headers, body: '{"error":"no luck"}' });
      const error = await failureOf(webhook({ secret: SECRET }).send(message, call));
      assert.deepEqual([error.code, error.retriable], [code, retriable]);
      assert.match(error.message, sentence);
      assert.equal(error.retryAfterMs, status === 429 ? 42_000 : undefined);
    });

  test("the secrets in a refusal's words are masked", async () => {
    receiver.answer({ status: 400, body: `{"error":"not path-secret, not ${SECRET}"}` });
    const error = await failureOf(webhook({ secret: SECRET }).send(message, call));
    assert.match(error.message, /not \*\*\*, not \*\*\*/);
  });

  test("no answer in time can be tried again", async () => {
    receiver.answer({ silent: true });
    const error = await failureOf(webhook({ timeoutMs: 80 }).send(message, call));
    assert.deepEqual([error.code, error.retriable], ["chat-timeout", true]);
  });

  test("what is no address is refused before anything is sent", () =>
    assert.throws(() => createWebhook({ url: "hooks/secret" }), {
      message: /^WEBHOOK_URL is no http or https address: correct it$/,
    }));
});

for (const name of ["a-models-account", "storm", "hostile"]) {
  // `node --test --test-update-snapshots` writes them anew.
  test(`the webhook's body of "${name}" is exactly this`, (t) => {
    const links = { build: "https://ci.example.com/runs/4711" };
    const path = `${import.meta.dirname}/golden/webhook-${name}.json`;
    t.assert.fileSnapshot(webhookBody(examples[name]!, links), path, { serializers: [jsonText] });
  });
}

test("every message makes a body that its schema accepts", () => {
  for (const [name, each] of Object.entries(examples))
    assert.ok(webhookBodySchema.safeParse(webhookBody(each, {})).success, name);
});

test("the body's text calls nobody in readers with calls of their own, and works without markup", () => {
  const { text } = webhookBody(examples["hostile"]!, {});
  assert.doesNotMatch(text, /<!|@(?:all|room|here|channel)/);
  assert.doesNotMatch(text.replaceAll(/```[^]*?```/g, ""), /\*|:rotating_light:(?!.)/);
  assert.doesNotMatch(webhookBody(examples["storm"]!, {}).text, /\*|:rotating_light:/);
});
