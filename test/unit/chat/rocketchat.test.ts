import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { ChatError, type ChatErrorCode } from "../../../src/chat/chat-error.ts";
import { createRocketChat } from "../../../src/chat/rocketchat.ts";
import { linksOf } from "../../../src/chat/links.ts";
import { formatMessage } from "../../../src/chat/message-format.ts";
import type { Chat } from "../../../src/controllers/ports.ts";
import type { RepeatAnswer } from "../../support/rocketchat/chat-server.ts";
import { type RocketChatDouble, startRocketChatDouble } from "../../support/rocketchat/double.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";
import { examples } from "../../support/rocketchat/escalation-examples.ts";

const message = exampleEscalation();
const call = { signal: new AbortController().signal };

interface Changes {
  readonly url?: string;
  readonly userId?: string;
  readonly token?: string;
  readonly channel?: string;
  readonly timeoutMs?: number;
}

function chatOf({ env }: RocketChatDouble, { timeoutMs = 5000, ...changes }: Changes = {}): Chat {
  const account = {
    url: env.ROCKETCHAT_URL,
    userId: env.ROCKETCHAT_USER_ID,
    token: env.ROCKETCHAT_TOKEN,
    channel: env.ROCKETCHAT_CHANNEL,
  };
  return createRocketChat({ ...account, ...changes }, { timeoutMs });
}

/** The error of a send that must fail. It may be shown to anybody: no credential is in it, however deep. */
async function failureOf(sending: Promise<unknown>, { env }: RocketChatDouble): Promise<ChatError> {
  const error = await sending.then(
    () => assert.fail("the message was accepted"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof ChatError, String(error));
  const told = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  assert.ok(!told.includes(env.ROCKETCHAT_TOKEN), "the token is in the error");
  assert.ok(!told.includes(env.ROCKETCHAT_USER_ID), "the user id is in the error");
  return error;
}

function assertError(error: ChatError, code: ChatErrorCode, retriable: boolean, sentence: RegExp): void {
  assert.equal(error.code, code);
  assert.equal(error.retriable, retriable);
  assert.match(error.message, sentence);
}

describe("the Rocket.Chat adapter", () => {
  let double: RocketChatDouble;
  before(async () => {
    double = await startRocketChatDouble({
      rooms: [
        { _id: "roomArchived", name: "old", t: "c", archived: true },
        { _id: "roomPrivate", name: "secret-group", t: "p", members: [] },
        { _id: "roomReadonly", name: "news", t: "c", ro: true },
      ],
    });
  });
  afterEach(() => double.reset());
  after(() => double.stop());

  test("posts exactly the formatted message with the message's own id", async () => {
    assert.deepEqual(await chatOf(double).send(message, call), { channel: "#builds", duplicate: false });
    const [stored, ...rest] = double.messages();
    assert.deepEqual(rest, []);
    assert.equal(stored?._id, message.messageId);
    assert.deepEqual(
      { text: stored?.msg, attachments: stored?.attachments },
      formatMessage(message, linksOf(message)),
    );
    assert.deepEqual(stored?.mentions, []);
  });

  test("asks the server to fetch no previews of links", async () => {
    await chatOf(double).send(message, call);
    const sent = double.requests().find(({ path }) => path.endsWith("chat.sendMessage"));
    assert.deepEqual((sent!.body as { previewUrls: unknown }).previewUrls, []);
  });

  test("looks the channel up once for all messages, also for those sent at the same time", async () => {
    const chat = chatOf(double);
    const ids = ["a", "b", "c"].map((letter) => letter.repeat(17));
    await Promise.all(ids.map((messageId) => chat.send({ ...message, messageId }, call)));
    await chat.send(message, call);
    assert.equal(double.messages().length, 4);
    assert.equal(double.requests().filter(({ path }) => path.endsWith("rooms.info")).length, 1);
  });

  test("takes a channel with or without # and an address with a slash at its end", async () => {
    const chat = chatOf(double, { channel: "builds", url: `${double.url}/` });
    assert.equal((await chat.send(message, call)).channel, "#builds");
  });

  test("a message without an answer is looked for before it is sent again", async () => {
    const chat = chatOf(double, { timeoutMs: 150 });
    double.inject({ kind: "hang", route: "chat.sendMessage", effect: true });
    assertError(
      await failureOf(chat.send(message, call), double),
      "chat-timeout",
      true,
      /no answer within 0.15 s/,
    );
    assert.equal(double.messages().length, 1);
    assert.equal((await chat.send(message, call)).duplicate, true);
    assert.equal(double.messages().length, 1);
    assert.equal(double.requests().filter(({ path }) => path.endsWith("chat.sendMessage")).length, 1);
  });

  test("a message that never arrived is sent again", async () => {
    const chat = chatOf(double, { timeoutMs: 150 });
    double.inject({ kind: "hang", route: "chat.sendMessage" });
    await failureOf(chat.send(message, call), double);
    assert.deepEqual(double.messages(), []);
    assert.equal((await chat.send(message, call)).duplicate, false);
    assert.equal(double.messages().length, 1);
  });

  test("an answer that comes after the timeout is no second message", async () => {
    const chat = chatOf(double, { timeoutMs: 100 });
    double.inject({ kind: "slow", route: "chat.sendMessage", ms: 250 });
    assertError(await failureOf(chat.send(message, call), double), "chat-timeout", true, /no answer/);
    assert.equal((await chat.send(message, call)).duplicate, true);
    assert.equal(double.messages().length, 1);
  });

  test("a slow server within the time limit is no failure", async () => {
    double.inject({ kind: "slow", ms: 60, times: 2 });
    assert.equal((await chatOf(double).send(message, call)).duplicate, false);
  });

  test("a gateway's error after the message was taken in leads to no second one", async () => {
    const chat = chatOf(double);
    double.inject({
      kind: "status",
      route: "chat.sendMessage",
      status: 502,
      body: "<html>bad gateway</html>",
      effect: true,
    });
    assertError(await failureOf(chat.send(message, call), double), "chat-server-error", true, /answers 502/);
    assert.equal((await chat.send(message, call)).duplicate, true);
    assert.equal(double.messages().length, 1);
  });

  test("a connection that ends after the message was taken in leads to no second one", async () => {
    const chat = chatOf(double);
    double.inject({ kind: "drop", route: "chat.sendMessage", effect: true });
    assertError(
      await failureOf(chat.send(message, call), double),
      "chat-unreachable",
      true,
      /send a message to #builds at http:/,
    );
    assert.equal((await chat.send(message, call)).duplicate, true);
    assert.equal(double.messages().length, 1);
  });

  test("500 can be tried again, and the sentence carries what the server said", async () => {
    double.inject({ kind: "status", status: 500, body: '{"success":false,"error":"database is down"}' });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(
      error,
      "chat-server-error",
      true,
      /find the channel #builds at http:.*answers 500 \(database is down\)/,
    );
  });

  test("a server that is not there can be tried again", async () => {
    const gone = await startRocketChatDouble();
    await gone.stop();
    assertError(
      await failureOf(chatOf(gone).send(message, call), gone),
      "chat-unreachable",
      true,
      /ECONNREFUSED/,
    );
    await gone.accept();
    assert.equal((await chatOf(gone).send(message, call)).duplicate, false);
    await gone.stop();
  });

  test("the medic's stop ends a send at once", async () => {
    const stop = new AbortController();
    double.inject({ kind: "hang", route: "rooms.info" });
    const sending = chatOf(double).send(message, { signal: stop.signal });
    stop.abort();
    assertError(await failureOf(sending, double), "chat-aborted", true, /the medic stops/);
  });

  test("429 says how long to wait, in the server's own time", async () => {
    double.inject({ kind: "rate-limit", route: "chat.sendMessage", ms: 42_000 });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(error, "chat-rate-limited", true, /too many requests/);
    assert.ok(error.retryAfterMs! >= 42_000 && error.retryAfterMs! <= 43_000, String(error.retryAfterMs));
    assert.deepEqual(double.messages(), []);
  });

  test("a wrong token is named by its variables and not tried again", async () => {
    for (const changes of [{ token: "wrong" }, { userId: "nobody" }]) {
      const error = await failureOf(chatOf(double, changes).send(message, call), double);
      assertError(error, "chat-unauthorized", false, /check ROCKETCHAT_USER_ID and ROCKETCHAT_TOKEN/);
    }
  });

  test("403 asks for the role bot", async () => {
    const body =
      '{"success":false,"error":"User does not have the permissions required for this action [error-unauthorized]"}';
    double.inject({ kind: "status", route: "chat.sendMessage", status: 403, body });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(error, "chat-forbidden", false, /ROCKETCHAT_USER_ID the role bot/);
  });

  for (const [channel, code, sentence] of [
    ["nowhere", "chat-channel-unknown", /no channel #nowhere: create it or correct ROCKETCHAT_CHANNEL/],
    ["old", "chat-channel-unknown", /#old is archived/],
    ["secret-group", "chat-forbidden", /may not write to #secret-group: invite it/],
    ["news", "chat-forbidden", /may not write to #news/],
  ] as const) {
    test(`the channel #${channel} is refused with one sentence and not tried again`, async () => {
      const error = await failureOf(chatOf(double, { channel }).send(message, call), double);
      assertError(error, code, false, sentence);
      assert.doesNotMatch(error.message, /\n/);
    });
  }

  test("a channel that was made after a failure is found by the next try", async () => {
    const chat = chatOf(double);
    const body = '{"success":false,"error":"no [error-room-not-found]","errorType":"error-room-not-found"}';
    double.inject({ kind: "status", route: "rooms.info", status: 400, body });
    await failureOf(chat.send(message, call), double);
    assert.equal((await chat.send(message, call)).duplicate, false);
  });

  test("a channel that was deleted and made anew is looked up again", async () => {
    const chat = chatOf(double);
    await chat.send(message, call);
    double.inject({
      kind: "status",
      route: "chat.sendMessage",
      status: 400,
      body: '{"success":false,"error":"error-invalid-room"}',
    });
    await failureOf(chat.send({ ...message, messageId: "b".repeat(17) }, call), double);
    await chat.send({ ...message, messageId: "b".repeat(17) }, call);
    assert.equal(double.requests().filter(({ path }) => path.endsWith("rooms.info")).length, 2);
  });

  test("an address that redirects is named with where it points to, and the token is not carried there", async () => {
    const headers = { location: "https://chat.example.com/api/v1/rooms.info" };
    double.inject({ kind: "status", status: 301, headers });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(
      error,
      "chat-redirected",
      false,
      /redirects to https:\/\/chat.example.com: set ROCKETCHAT_URL/,
    );
  });

  test("a web page instead of Rocket.Chat is told as a wrong address", async () => {
    double.inject({ kind: "status", status: 404, body: "<html>nginx</html>" });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(
      error,
      "chat-unexpected-answer",
      false,
      /404 and no answer of Rocket.Chat: check that ROCKETCHAT_URL/,
    );
    double.inject({ kind: "status", status: 200, body: "<html>back soon</html>" });
    const page = await failureOf(chatOf(double).send(message, call), double);
    assertError(page, "chat-unexpected-answer", true, /200 and no answer of Rocket.Chat/);
  });

  test("an unknown refusal is told in the server's words, without the credentials in them", async () => {
    const { ROCKETCHAT_TOKEN: token, ROCKETCHAT_USER_ID: user } = double.env;
    const body = JSON.stringify({ success: false, error: `no luck for ${user} with ${token}` });
    double.inject({ kind: "status", route: "chat.sendMessage", status: 400, body });
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(error, "chat-refused", false, /refused with 400 \(no luck for \*\*\* with \*\*\*\)/);
  });

  test("credentials that cannot stand in a header are refused before anything is sent", () => {
    for (const changes of [
      { token: "tok\nen" },
      { token: "" },
      { userId: "ü" },
      { url: "chat.example.com" },
    ]) {
      assert.throws(
        () => chatOf(double, changes),
        (error: unknown) =>
          error instanceof ChatError && !error.retriable && /^ROCKETCHAT_[A-Z_]+ /.test(error.message),
      );
    }
    assert.deepEqual(double.requests(), []);
  });
});

test("every kind of message is taken as it is, through the server's validators and its checks of attachments", async () => {
  const double = await startRocketChatDouble();
  try {
    const chat = chatOf(double);
    for (const [name, each] of Object.entries(examples)) {
      const one = { ...each, messageId: name.padEnd(17, "0").replaceAll("-", "0") };
      assert.deepEqual(await chat.send(one, call), { channel: "#builds", duplicate: false }, name);
      const stored = double.messages().at(-1);
      assert.deepEqual(
        { text: stored?.msg, attachments: stored?.attachments },
        formatMessage(one, linksOf(one)),
        name,
      );
      assert.deepEqual(stored?.mentions, [], name);
    }
  } finally {
    await double.stop();
  }
});

for (const repeats of ["undefined-error", "duplicate-key", "without-message"] satisfies RepeatAnswer[]) {
  test(`a repeat is no second message on a server that answers with "${repeats}"`, async () => {
    const double = await startRocketChatDouble({ repeats });
    try {
      await chatOf(double).send(message, call);
      // Another process (a restart, a second replica): nothing is remembered.
      assert.deepEqual(await chatOf(double).send(message, call), { channel: "#builds", duplicate: true });
      assert.equal(double.messages().length, 1);
    } finally {
      await double.stop();
    }
  });
}

test("the default limit of the server is waited out, also when its clock is an hour off", async () => {
  const double = await startRocketChatDouble({
    rateLimit: { calls: 2, windowMs: 20_000 },
    clockSkewMs: 3_600_000,
  });
  try {
    const chat = chatOf(double);
    for (const letter of ["a", "b"]) await chat.send({ ...message, messageId: letter.repeat(17) }, call);
    const error = await failureOf(chat.send(message, call), double);
    assert.equal(error.code, "chat-rate-limited");
    assert.ok(error.retryAfterMs! > 15_000 && error.retryAfterMs! <= 21_000, String(error.retryAfterMs));
  } finally {
    await double.stop();
  }
});

test("a server that takes less than 5000 characters is told so once", async () => {
  const double = await startRocketChatDouble({ maxMessageSize: 100 });
  try {
    const error = await failureOf(chatOf(double).send(message, call), double);
    assertError(error, "chat-refused", false, /Message_MaxAllowedSize to 5000/);
  } finally {
    await double.stop();
  }
});
