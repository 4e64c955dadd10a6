import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import * as fc from "fast-check";
import { jsonText } from "../../../scripts/values-schema.ts";
import { ChatError } from "../../../src/chat/chat-error.ts";
import { matrixContent } from "../../../src/chat/matrix-content.ts";
import { createMatrix } from "../../../src/chat/matrix.ts";
import type { Chat } from "../../../src/controllers/ports.ts";
import { type Answer, startReceiver } from "../../support/chat/http-receiver.ts";
import { exampleAttempt, exampleEscalation } from "../../support/rocketchat/escalation-example.ts";
import { examples } from "../../support/rocketchat/escalation-examples.ts";

/** What a real homeserver does with all this: test/e2e/matrix-synapse.test.ts. */

const message = exampleEscalation();
const call = { signal: new AbortController().signal };
const JOINED: Answer = { body: '{"room_id":"!r:x.test"}' };
const SENT: Answer = { body: '{"event_id":"$e"}' };

describe("the Matrix adapter", () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  before(async () => {
    receiver = await startReceiver();
  });
  beforeEach(() => void (receiver.received as unknown[]).splice(0));
  after(() => receiver.stop());

  const matrix = (): Chat =>
    createMatrix({
      url: `${receiver.url}/sub/`,
      token: "syt_secret",
      room: "#builds:x.test",
      timeoutMs: 2000,
    });
  async function failure(): Promise<ChatError> {
    const error = await matrix()
      .send(message, call)
      .then(
        () => assert.fail("it was accepted"),
        (thrown: unknown) => thrown,
      );
    assert.ok(error instanceof ChatError, String(error));
    assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes("syt_secret"));
    return error;
  }

  test("joins the room once, and sends with the message's id as the transaction's", async () => {
    receiver.answer(JOINED, SENT, SENT);
    const chat = matrix();
    assert.deepEqual(await chat.send(message, call), { channel: "#builds:x.test", duplicate: false });
    await chat.send(message, call);
    const put = `PUT /sub/_matrix/client/v3/rooms/!r%3Ax.test/send/m.room.message/${message.messageId}`;
    assert.deepEqual(
      receiver.received.map(({ method, path }) => `${method} ${path}`),
      ["POST /sub/_matrix/client/v3/join/%23builds%3Ax.test", put, put],
    );
    assert.equal(receiver.received[0]?.headers.authorization, "Bearer syt_secret");
  });

  test("waits as long as the homeserver says, in the body or in Retry-After", async () => {
    for (const [answer, waitMs] of [
      [{ body: '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":4405}' }, 4405],
      [{ body: '{"errcode":"M_LIMIT_EXCEEDED"}', headers: { "retry-after": "7" } }, 7000],
      [{ body: "" }, 60_000],
    ] as const) {
      receiver.answer(JOINED, { status: 429, ...answer });
      const error = await failure();
      assert.deepEqual(
        [error.code, error.retriable, error.retryAfterMs],
        ["chat-rate-limited", true, waitMs],
      );
    }
  });

  test("a gateway's error can be tried again, a redirect is named, another refusal is told in its words", async () => {
    for (const [answer, code, retriable, sentence] of [
      [
        { status: 502, body: "<html>" },
        "chat-server-error",
        true,
        /send a message to #builds:x\.test at http:\S+: the server answers 502/,
      ],
      [
        { status: 301, headers: { location: "https://y.test/a" } },
        "chat-redirected",
        false,
        /redirects to https:\/\/y\.test: set MATRIX_URL/,
      ],
      [
        { status: 413, body: '{"errcode":"M_TOO_LARGE","error":"event syt_secret too large"}' },
        "chat-refused",
        false,
        /refused with 413 \(M_TOO_LARGE event \*\*\* too large\)/,
      ],
    ] as const) {
      receiver.answer(JOINED, answer);
      const error = await failure();
      assert.deepEqual([error.code, error.retriable], [code, retriable]);
      assert.match(error.message, sentence);
    }
  });
});

for (const name of ["a-models-account", "storm", "hostile"]) {
  // `node --test --test-update-snapshots` writes them anew.
  test(`the content of "${name}" is exactly this`, (t) => {
    const links = { build: "https://ci.example.com/runs/4711" };
    const path = `${import.meta.dirname}/golden/matrix-${name}.json`;
    t.assert.fileSnapshot(matrixContent(examples[name]!, links), path, { serializers: [jsonText] });
  });
}

test("no content is larger than an event may be, and its HTML has our elements only, all of them closed", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc
      .constantFrom("<b>", "&", "`", "😀", "a.b ", "\u{1f469}\u200d\u{1f692}", '"')
      .map((piece) => piece.repeat(3000)),
  );
  fc.assert(
    fc.property(nasty, fc.array(nasty, { maxLength: 20 }), (text, many) => {
      const content = matrixContent(
        exampleEscalation({
          rootCause: text,
          suggestion: text,
          evidence: text,
          events: many,
          attempts: many.map((detail) => exampleAttempt({ detail })),
        }),
        {},
      );
      const html = String(content["formatted_body"]);
      assert.ok(Buffer.byteLength(JSON.stringify(content)) < 60_000);
      const open: string[] = [];
      for (const [, end, name = ""] of html.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
        assert.match(name, /^(?:strong|code|pre|br)$/);
        if (name === "br") continue;
        if (end === "") open.push(name);
        else assert.equal(open.pop(), name);
      }
      assert.deepEqual(open, []);
    }),
    { numRuns: 60 },
  );
});
