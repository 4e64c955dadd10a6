import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createWebhook } from "../../src/chat/webhook.ts";
import { openHttpLink } from "../support/chat/http-link.ts";
import { openOutbox, owe, storedIncidents } from "../support/chat/outbox.ts";
import { pythonPackages } from "../support/python-packages.ts";
import { examples } from "../support/rocketchat/escalation-examples.ts";

const SCRIPT = `${import.meta.dirname}/../support/chat/webhook_receiver.py`;
const SCHEMA = `${import.meta.dirname}/../../docs/webhook-schema.json`;
const SECRET = "shared with the receiver";

test("a receiver written after the documentation finds every message signed, valid and told apart from its repeat", async (t) => {
  const packages = await pythonPackages("jsonschema==4.26.0", (line) => console.log(line));
  const receiver = spawn("python3", [SCRIPT, SCHEMA, SECRET], {
    env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => receiver.kill());
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const link = await openHttpLink(`http://127.0.0.1:${await next()}`);
  t.after(() => link.close());
  const webhook = createWebhook({
    url: `${link.url}/hook`,
    secret: SECRET,
    publicUrl: "https://medic.example.com",
  });

  for (const [name, message] of Object.entries(examples)) {
    await webhook.send({ ...message, messageId: name, incident: name }, { signal: t.signal });
    assert.deepEqual(JSON.parse(await next()), {
      signed: true,
      fresh: true,
      problems: [],
      repeat: false,
      incident: name,
    });
  }

  const stored = storedIncidents();
  await owe(stored, "answer-lost");
  link.swallowAnswer("POST");
  await openOutbox(webhook, stored).deliverAll(30_000);
  const seen = [JSON.parse(await next()), JSON.parse(await next())] as { repeat: boolean; signed: boolean }[];
  assert.deepEqual(
    seen.map(({ repeat, signed }) => [repeat, signed]),
    [
      [false, true],
      [true, true],
    ],
  );
  receiver.kill();
  await once(receiver, "exit");
});
