import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { crc32 } from "node:zlib";
import { bedrockFrame } from "./bedrock-stream.ts";
import { startMessagesApi, type ModelReply, type MessagesApi } from "./messages-api.ts";
import { createUsageEstimate } from "./usage.ts";

async function api(t: TestContext, reply: ModelReply): Promise<MessagesApi> {
  const started = await startMessagesApi({ respond: () => reply });
  t.after(() => started.close());
  return started;
}
const ask = (url: string, body: object, path = "/v1/messages"): Promise<Response> =>
  fetch(`${url}${path}`, { method: "POST", body: JSON.stringify({ model: "m", max_tokens: 1, ...body }) });
const hello: ModelReply = { kind: "message", content: [{ type: "text", text: "Hello" }] };

test("an answer that is not streamed comes as one message", async (t) => {
  const { url, requests } = await api(t, { ...hello, usage: { input_tokens: 7 } });
  const message = (await (await ask(url, { messages: [{ role: "user", content: "Hi" }] })).json()) as object;
  assert.deepEqual(message, {
    id: "msg_rehearsal_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: "Hello" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  });
  assert.equal(requests[0]?.body.messages[0]?.content, "Hi");
});

test("a streamed call of a tool comes as its events, its arguments in pieces", async (t) => {
  const input = { text: "ü".repeat(300) };
  const { url } = await api(t, { kind: "message", content: [{ type: "tool_use", name: "n", input }] });
  const events = (await (await ask(url, { stream: true })).text())
    .split("\n\n")
    .filter((event) => event !== "")
    .map(
      (event) =>
        JSON.parse(event.slice(event.indexOf("data: ") + 6)) as Record<string, { partial_json?: string }>,
    );
  assert.deepEqual(
    [...new Set(events.map(({ type }) => type))],
    [
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ],
  );
  const pieces = events.flatMap(({ delta }) => delta?.partial_json ?? []);
  assert.ok(pieces.length > 1);
  assert.deepEqual(JSON.parse(pieces.join("")), input);
});

test("a half answer begins and breaks off", async (t) => {
  const { url } = await api(t, { kind: "half", content: [{ type: "text", text: "Hello" }] });
  const response = await ask(url, { stream: true });
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
});

test("errors have the API's shape, and a rehearsal that throws is one", async (t) => {
  const { url } = await api(t, {
    kind: "error",
    status: 529,
    type: "overloaded_error",
    message: "Busy",
    headers: { "retry-after": "1" },
  });
  const response = await ask(url, {});
  assert.equal(response.status, 529);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.deepEqual(((await response.json()) as { error: object }).error, {
    type: "overloaded_error",
    message: "Busy",
  });
  const broken = await startMessagesApi({
    respond: () => {
      throw new Error("no cassette");
    },
  });
  t.after(() => broken.close());
  assert.match(await (await ask(broken.url, {})).text(), /The rehearsal failed: Error: no cassette/);
});

test("what is no question to the model is not found, not counted, and no JSON is refused", async (t) => {
  const { url, requests } = await api(t, hello);
  assert.equal((await fetch(`${url}/api/hello`)).status, 404);
  assert.equal((await ask(url, {}, "/v1/messages/count_tokens")).status, 404);
  assert.equal((await fetch(`${url}/v1/messages`, { method: "POST", body: "<x>" })).status, 400);
  assert.deepEqual(await (await fetch(`${url}/inference-profiles?type=A`)).json(), {
    inferenceProfileSummaries: [],
  });
  assert.equal(requests.length, 0);
});

test("Bedrock and Vertex name the model and the way of answering in the path", async (t) => {
  const { url, requests } = await api(t, hello);
  const location = "/v1/projects/p/locations/l/publishers/anthropic/models";
  await ask(url, { model: undefined }, "/model/eu.anthropic.x%3A0/invoke-with-response-stream");
  await ask(url, { model: undefined }, "/model/y/invoke");
  await ask(url, { model: undefined }, `${location}/z@1:streamRawPredict`);
  await ask(url, { model: undefined }, `${location}/z@1:rawPredict`);
  assert.deepEqual(
    requests.map(({ body }) => [body.model, body.stream]),
    [
      ["eu.anthropic.x:0", true],
      ["y", false],
      ["z@1", true],
      ["z@1", false],
    ],
  );
});

test("a frame of AWS's event stream has its lengths, checksums and the event in base64", () => {
  const frame = bedrockFrame({ type: "message_stop" });
  const headers = frame.readUInt32BE(4);
  assert.equal(frame.readUInt32BE(0), frame.length);
  assert.equal(frame.readUInt32BE(8), crc32(frame.subarray(0, 8)));
  assert.equal(frame.readUInt32BE(frame.length - 4), crc32(frame.subarray(0, -4)));
  const payload = JSON.parse(frame.subarray(12 + headers, -4).toString()) as { bytes: string };
  assert.deepEqual(JSON.parse(Buffer.from(payload.bytes, "base64").toString()), { type: "message_stop" });
});

test("what an earlier request began with is read from the cache, the rest written to it", () => {
  const estimate = createUsageEstimate();
  const marked = (text: string): object => ({
    role: "user",
    content: [{ type: "text", text, cache_control: {} }],
  });
  const body = (...messages: object[]): Parameters<typeof estimate>[0] =>
    ({ model: "m", max_tokens: 1, stream: true, tools: [], system: "x".repeat(7000), messages }) as never;
  const first = estimate(body(marked("a".repeat(700))), []);
  assert.equal(first.cache_read_input_tokens, 0);
  assert.ok(first.cache_creation_input_tokens > 2200 && first.cache_creation_input_tokens < 2300);
  const second = estimate(body(marked("a".repeat(700)), marked("b".repeat(350))), []);
  assert.equal(second.cache_read_input_tokens, first.cache_creation_input_tokens);
  assert.ok(second.cache_creation_input_tokens > 100 && second.cache_creation_input_tokens < 150);
  const plain = estimate(body({ role: "user", content: "c".repeat(700) }), [
    { type: "text", text: "d".repeat(350) },
  ]);
  assert.equal(plain.cache_creation_input_tokens + plain.cache_read_input_tokens, 0);
  assert.ok(plain.input_tokens > 2200 && plain.output_tokens > 100);
});
