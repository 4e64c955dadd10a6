import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, test } from "node:test";
import { type RocketChatDouble, startRocketChatDouble } from "../../support/rocketchat/double.ts";

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(
  double: RocketChatDouble,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  const { ROCKETCHAT_USER_ID: user, ROCKETCHAT_TOKEN: token } = double.env;
  const response = await fetch(`${double.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", "x-user-id": user, "x-auth-token": token, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the stand-in for Rocket.Chat", () => {
  let double: RocketChatDouble;
  let rid: string;
  before(async () => {
    double = await startRocketChatDouble({ account: { roles: ["user"] } });
    const { body } = await ask(double, "/api/v1/rooms.info?roomName=builds");
    rid = (body["room"] as { _id: string })._id;
  });
  afterEach(() => double.reset());
  after(() => double.stop());

  const send = (message: Record<string, unknown>): Promise<Answer> =>
    ask(double, "/api/v1/chat.sendMessage", { message });

  test("refuses a body that the published validator refuses, before it asks who it is", async () => {
    const { status, body } = await ask(
      double,
      "/api/v1/chat.sendMessage",
      { text: "x" },
      { "x-auth-token": "wrong" },
    );
    assert.equal(status, 400);
    assert.deepEqual(body, {
      success: false,
      errorType: "invalid-params",
      error: "must have required property 'message'",
    });
    const extra = await ask(double, "/api/v1/chat.sendMessage", { message: { rid, msg: "x" }, extra: 1 });
    assert.equal(extra.body["error"], "must NOT have additional properties");
    assert.equal(
      (await ask(double, "/api/v1/chat.getMessage?msg=1")).body["errorType"],
      "error-invalid-params",
    );
    assert.equal((await ask(double, "/api/v1/rooms.info?roomName=a&roomId=b")).status, 400);
    assert.deepEqual(double.messages(), []);
  });

  test("refuses what the server's own checks refuse after the validator", async () => {
    for (const [message, error] of [
      [{ msg: "x" }, /'rid' property on the message object is missing/],
      [{ rid: "nope", msg: "x" }, /^error-invalid-room$/],
      [{ rid, msg: "x".repeat(5001) }, /error-message-size-exceeded/],
      [
        { rid, msg: "x", attachments: [{ fields: [{ title: "a", value: "" }] }] },
        /title and value is required/,
      ],
      [{ rid, msg: "x", attachments: [{ title_link: "javascript:alert(1)" }] }, /Invalid href/],
      [{ rid, msg: "x", attachments: [{ color: 5 }] }, /Expected string/],
      [{ rid, msg: "x", alias: "Somebody" }, /Not enough permission/],
    ] as const) {
      const { status, body } = await send(message);
      assert.equal(status, 400, JSON.stringify(message));
      assert.match(String(body["error"]), error);
    }
    assert.deepEqual(double.messages(), []);
  });

  test("answers 401 as the server does", async () => {
    const { status, body } = await ask(double, "/api/v1/me", undefined, { "x-auth-token": "wrong" });
    assert.deepEqual([status, body], [401, { success: false, error: "You must be logged in to do this." }]);
  });

  test("stores a message once and finds it again, and who it calls", async () => {
    const { body } = await send({ _id: "a".repeat(17), rid, msg: "hello @all" });
    assert.equal((body["message"] as { _id: string })._id, "a".repeat(17));
    assert.equal((await send({ _id: "a".repeat(17), rid, msg: "again" })).status, 400);
    const found = await ask(double, `/api/v1/chat.getMessage?msgId=${"a".repeat(17)}`);
    assert.equal((found.body["message"] as { msg: string }).msg, "hello @all");
    assert.deepEqual(double.messages()[0]?.mentions, ["all"]);
    assert.deepEqual((await ask(double, "/api/v1/chat.getMessage?msgId=none")).body, { success: false });
  });

  test("limits calls of one route with the server's headers", async () => {
    const limited = await startRocketChatDouble({ rateLimit: { calls: 1, windowMs: 60_000 } });
    await fetch(`${limited.url}/api/info`);
    const response = await fetch(`${limited.url}/api/info`);
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("retry-after"), null);
    assert.equal(response.headers.get("x-ratelimit-limit"), "1");
    assert.ok(Number(response.headers.get("x-ratelimit-reset")) > Date.now() + 50_000);
    assert.match(
      await response.text(),
      /You must wait 60 seconds before trying this endpoint again. \[error-too-many-requests\]/,
    );
    await limited.stop();
  });

  test("refuses connections when told to, and takes them again on the same port", async () => {
    const { url } = double;
    await double.refuse();
    await assert.rejects(fetch(`${url}/api/info`));
    await double.accept();
    assert.equal((await fetch(`${url}/api/info`)).status, 200);
    assert.equal(double.url, url);
  });
});

test("the command prints its address and variables, is steered by HTTP and ends when told to", async () => {
  const child = spawn(process.execPath, ["test/support/rocketchat/main.ts", "--channel", "ops"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const { url, webhookUrl, env } = JSON.parse(line) as {
      url: string;
      webhookUrl: string;
      env: Record<string, string>;
    };
    assert.equal(env["ROCKETCHAT_URL"], url);
    assert.equal(env["ROCKETCHAT_CHANNEL"], "#ops");
    await fetch(`${url}/double/faults`, {
      method: "POST",
      body: JSON.stringify({ kind: "status", status: 500 }),
    });
    const post = (): Promise<Response> => fetch(webhookUrl, { method: "POST", body: '{"text":"hi"}' });
    assert.equal((await post()).status, 500);
    assert.equal((await post()).status, 200);
    const { messages } = (await (await fetch(`${url}/double/messages`)).json()) as {
      messages: { msg: string }[];
    };
    assert.deepEqual(
      messages.map(({ msg }) => msg),
      ["hi"],
    );
  } finally {
    child.kill("SIGTERM");
  }
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
});
