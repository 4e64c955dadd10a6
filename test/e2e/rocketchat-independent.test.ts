import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { cacheDirectory, makeOnce } from "../../farm/cluster/cache.ts";
import { createRocketChat } from "../../src/chat/rocketchat.ts";
import { type RocketChatDouble, startRocketChatDouble } from "../support/rocketchat/double.ts";
import { exampleEscalation } from "../support/rocketchat/escalation-example.ts";

const run = promisify(execFile);
const CLIENT = "rocketchat_API==3.7.1";
const SCRIPT = `${import.meta.dirname}/../support/rocketchat/independent_client.py`;

/** A Python environment with the client, made once for this user. Needs python3 with venv, and PyPI the first time. */
async function pythonWithClient(tell: (line: string) => void): Promise<string> {
  const target = cacheDirectory("python", CLIENT.replace("==", "-"));
  await makeOnce(
    target,
    async (directory) => {
      tell(`installing ${CLIENT} from PyPI, once`);
      const packages = join(directory, "packages");
      const venv = join(directory, "venv");
      await mkdir(packages);
      await run("python3", ["-m", "venv", venv]);
      // Into a directory of its own: a virtual environment does not survive being moved to its final name.
      await run(join(venv, "bin", "pip"), ["install", "--quiet", "--target", packages, CLIENT], {
        timeout: 300_000,
      });
      await rm(venv, { recursive: true });
    },
    tell,
  );
  return join(target, "packages");
}

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
  const packages = await pythonWithClient((line) => t.diagnostic(line));
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
