import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { poll, sleep } from "../../farm/build/sleep.ts";
import { createMatrix } from "../../src/chat/matrix.ts";
import { ChatError } from "../../src/chat/chat-error.ts";
import type { Chat } from "../../src/controllers/ports.ts";
import type { StoredIncidents } from "../support/fake-ports.ts";
import { type HttpLink, openHttpLink } from "../support/chat/http-link.ts";
import { openOutbox, owe, storedIncidents } from "../support/chat/outbox.ts";
import { exampleEscalation } from "../support/rocketchat/escalation-example.ts";
import { examples } from "../support/rocketchat/escalation-examples.ts";
import { type MatrixAccount, newAccount, type RoomMessage } from "../support/synapse/matrix-account.ts";
import { startSynapse, type Synapse } from "../support/synapse/synapse.ts";

const call = { signal: new AbortController().signal };

describe("the outbox and a real Matrix homeserver", { timeout: 600_000 }, () => {
  let synapse: Synapse;
  /** Reads the room; has nothing to do with the medic. */
  let oncall: MatrixAccount;
  let medic: MatrixAccount;
  let room: string;
  let link: HttpLink;
  let stored: StoredIncidents;

  before(async () => {
    synapse = await startSynapse({ perSecond: 1, burst: 2 }, (line) => console.log(line));
    oncall = await newAccount(synapse.url, "oncall");
    medic = await newAccount(synapse.url, "medic");
    link = await openHttpLink(synapse.url);
    const made = await oncall.ask<{ room_id: string }>("POST", "createRoom", {
      preset: "private_chat",
      room_alias_name: "builds",
      invite: [medic.userId],
      // So that the medic's `@room` would be one.
      power_level_content_override: { users: { [medic.userId]: 60 } },
    });
    room = made.room_id;
  });
  beforeEach(() => {
    stored = storedIncidents();
    (link.passages as unknown[]).length = 0;
  });
  after(async () => {
    await link?.close();
    await synapse?.remove();
  });

  const matrix = (more: object = {}): Chat =>
    createMatrix({ url: link.url, token: medic.token, room: "#builds:localhost", ...more });
  const shown = async (incident: string): Promise<readonly RoomMessage[]> =>
    (await oncall.timeline(room)).filter(({ content }) => content.body.includes(`Incident: ${incident}`));
  const sends = (): HttpLink["passages"] => link.passages.filter(({ method }) => method === "PUT");

  test("an invited medic joins by the room's alias and its message is there, once, as text and as HTML", async () => {
    await owe(stored, "first");
    await openOutbox(matrix(), stored).deliverAll(30_000);
    const [message, ...more] = await shown("first");
    assert.deepEqual(more, []);
    assert.equal(message?.sender, medic.userId);
    assert.match(
      message.content.body,
      /^Build first, client 2: server-2 is stuck \(ImageNotFound\)\nRoot cause: /,
    );
    assert.match(
      message.content.formatted_body,
      /^<strong>Build first, client 2: .*<pre><code>kubectl describe pod/s,
    );
    assert.equal(stored.all()[0]?.status.escalation?.channel, "#builds:localhost");
  });

  test("a message whose answer was lost is sent again and shown once", async () => {
    await owe(stored, "answer-lost");
    link.swallowAnswer("PUT");
    const outbox = openOutbox(matrix(), stored);
    await outbox.deliverAll(30_000);
    const puts = sends().filter(({ status }) => status === 200);
    assert.deepEqual(
      puts.map(({ answered }) => answered),
      [false, true],
      "the server took both",
    );
    assert.ok(outbox.log.some(({ message }) => message === "escalation not delivered"));
    assert.equal((await shown("answer-lost")).length, 1);
  });

  test("a medic that died before it noted the sending sends again, with a process of its own, and it is shown once", async () => {
    await owe(stored, "died");
    const dying = openOutbox(matrix(), stored, () => ({
      update: () => Promise.reject(new Error("the medic is dead")),
    }));
    await assert.rejects(dying.deliverAll(10_000), /the medic is dead/);
    assert.equal((await shown("died")).length, 1);
    await openOutbox(matrix(), stored).deliverAll(30_000);
    assert.equal(sends().filter(({ status }) => status === 200).length, 2);
    assert.equal((await shown("died")).length, 1);
  });

  test("a repeat after the server was restarted is shown once", async () => {
    const message = exampleEscalation({ incident: "restarted", messageId: "restarted00000000" });
    await sendPatiently(matrix(), message);
    await synapse.stop();
    await synapse.start();
    await sendPatiently(matrix(), message);
    assert.equal((await shown("restarted")).length, 1);
  });

  test("the homeserver's real 429s are waited out: never two in a row, and every message is shown once", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `burst-${index}`);
    for (const name of names) await owe(stored, name);
    await openOutbox(matrix(), stored).deliverAll(90_000);
    const statuses = sends().map(({ status }) => status);
    const refused = statuses.filter((status) => status === 429).length;
    assert.ok(refused > 0, `the limit was met: ${statuses.join()}`);
    assert.equal(statuses.filter((status) => status === 200).length, names.length);
    assert.doesNotMatch(statuses.join(), /429,429/);
    for (const name of names) assert.equal((await shown(name)).length, 1, name);
  });

  test("messages owed while the server was away are shown once when it is back", async () => {
    for (const name of ["away-1", "away-2", "away-3"]) await owe(stored, name);
    await synapse.stop();
    const outbox = openOutbox(matrix(), stored);
    const delivering = outbox.deliverAll(120_000);
    const failures = (): number => link.passages.filter(({ status }) => status === 0).length;
    while (failures() < 2) await sleep(100);
    await synapse.start();
    await delivering;
    for (const name of ["away-1", "away-2", "away-3"]) assert.equal((await shown(name)).length, 1, name);
  });

  test("text that names everybody calls nobody, and no markup of it works, by the homeserver's own account", async () => {
    const before = await unread(oncall, room);
    const rootCause = `@room ${oncall.userId} oncall: wake up`;
    await sendPatiently(matrix(), {
      ...examples["hostile"]!,
      rootCause,
      incident: "hostile",
      messageId: "hostile0000000000",
    });
    const after = await poll(
      async () => {
        const now = await unread(oncall, room);
        return now.notification_count > before.notification_count ? now : undefined;
      },
      { everyMs: 200, forMs: 20_000 },
    );
    assert.ok(after, "it is told like any message");
    assert.equal(after.highlight_count, before.highlight_count, "and calls nobody by name");
    const [message] = await shown("hostile");
    assert.doesNotMatch(message?.content.formatted_body ?? "none", /none|<(?!\/?(?:strong|code|pre|br|a)\b)/);
  });

  test("the longest message is taken", async () => {
    const messageId = "verylong000000000";
    await sendPatiently(matrix(), { ...examples["very-long"]!, incident: "very-long", messageId });
    assert.equal((await shown("very-long")).length, 1);
  });

  test("what needs a person is told in one sentence, and not tried again soon", async () => {
    const refusals: readonly [Partial<Parameters<typeof createMatrix>[0]>, string, RegExp][] = [
      [{ token: "wrong" }, "chat-unauthorized", /check MATRIX_TOKEN \(M_UNKNOWN_TOKEN/],
      [
        { room: "#nowhere:localhost" },
        "chat-channel-unknown",
        /there is no room #nowhere:localhost: create it or correct MATRIX_ROOM/,
      ],
      [{ url: `${link.url}/nowhere` }, "chat-unexpected-answer", /check that MATRIX_URL/],
    ];
    const closed = await oncall.ask<{ room_id: string }>("POST", "createRoom", { preset: "private_chat" });
    for (const [more, code, sentence] of [
      ...refusals,
      [{ room: closed.room_id }, "chat-forbidden", /may not write to !\S+: invite it/] as const,
    ]) {
      const error = await matrix(more)
        .send(exampleEscalation(), call)
        .then(
          () => assert.fail("it was accepted"),
          (failure: unknown) => failure,
        );
      assert.ok(error instanceof ChatError, String(error));
      assert.deepEqual([error.code, error.retriable], [code, false], error.message);
      assert.match(error.message, sentence);
      assert.ok(!error.message.includes(medic.token));
    }
  });

  test("a medic that was put out of the room and invited again writes there again", async () => {
    const chat = matrix();
    await sendPatiently(chat, exampleEscalation({ incident: "before", messageId: "before00000000000" }));
    const where = `rooms/${encodeURIComponent(room)}`;
    await oncall.ask("POST", `${where}/kick`, { user_id: medic.userId });
    await assert.rejects(
      sendPatiently(chat, exampleEscalation({ messageId: "outside0000000000" })),
      /may not write/,
    );
    await oncall.ask("POST", `${where}/invite`, { user_id: medic.userId });
    await sendPatiently(chat, exampleEscalation({ incident: "back-again", messageId: "again000000000000" }));
    assert.equal((await shown("back-again")).length, 1);
  });
});

/** Through the homeserver's limit. */
async function sendPatiently(chat: Chat, message: Parameters<Chat["send"]>[0]): Promise<void> {
  for (;;) {
    const error = await chat.send(message, call).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error === undefined) return;
    if (!(error instanceof ChatError) || error.retryAfterMs === undefined) throw error;
    await sleep(error.retryAfterMs);
  }
}

interface Unread {
  readonly notification_count: number;
  readonly highlight_count: number;
}

async function unread(account: MatrixAccount, room: string): Promise<Unread> {
  const { rooms } = await account.ask<{ rooms: { join: Record<string, { unread_notifications: Unread }> } }>(
    "GET",
    "sync?timeout=0",
  );
  return rooms.join[room]!.unread_notifications;
}
