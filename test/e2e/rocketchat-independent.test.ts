import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { createRocketChat } from "../../src/chat/rocketchat.ts";
import { pythonPackages } from "../support/python-packages.ts";
import { type RocketChatDouble, startRocketChatDouble } from "../support/rocketchat/double.ts";
import { exampleEscalation } from "../support/rocketchat/escalation-example.ts";

const run = promisify(execFile);
const CLIENT = "rocketchat_API==3.7.1";
const SCRIPT = `${import.meta.dirname}/../support/rocketchat/independent_client.py`;

async function drive(
  double: RocketChatDouble,
  packages: string,
  knownId: string,
): Promise<Record<string, string>> {
  const { ROCKETCHAT_URL: url, ROCKETCHAT_USER_ID: user, ROCKETCHAT_TOKEN: token } = double.env;
  const { stdout } = await run("python3", [SCRIPT, url, user, token, "builds", knownId], {
    env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" },
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Record<string, string>;
}

test("an independent client finds in the stand-in the Rocket.Chat that it was written for", async (t) => {
  const packages = await pythonPackages(CLIENT, (line) => t.diagnostic(line));
  const double = await startRocketChatDouble({ rateLimit: { calls: 10, windowMs: 60_000 } });
  try {
    const { ROCKETCHAT_URL: url, ROCKETCHAT_USER_ID: userId, ROCKETCHAT_TOKEN: token } = double.env;
    const message = exampleEscalation();
    await createRocketChat({ url, userId, token, channel: "builds" }).send(message, { signal: t.signal });

    const saw = await drive(double, packages, message.messageId);

    assert.equal(saw["me"], userId);
    assert.equal(saw["room"], "builds");
    assert.match(saw["known"] ?? "", /^:rotating_light: \*Build 4711, client 2: server-2 is stuck/);
    assert.equal(saw["sent"], "independent0client");
    assert.match(saw["repeated"] ?? "", /Cannot read properties of undefined/);
    assert.equal(saw["posted"], "with an attachment");
    assert.match(saw["invalid_channel"] ?? "", /invalid-channel/);
    assert.match(saw["invalid_params"] ?? "", /must NOT have additional properties/);
    // A 400 without a reason, which this client words so.
    assert.match(saw["not_there"] ?? "", /Unknown error/);
    assert.match(saw["wrong_token"] ?? "", /You must be logged in to do this/);
    assert.match(saw["limited"] ?? "", /error-too-many-requests/);
    assert.deepEqual(
      double.messages().map(({ msg }) => msg.split("\n")[0]?.slice(0, 18)),
      [":rotating_light: *", "hello from Python", "with an attachment"],
    );
  } finally {
    await double.stop();
  }
});
