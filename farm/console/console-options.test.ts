import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../build/kube.ts";
import { readConsoleOptions } from "./console-options.ts";

const TOKEN = "correct-horse-battery";

test("listens on loopback at port 8090, asks for no token and runs builds here, unless told otherwise", () => {
  assert.deepEqual(readConsoleOptions({}, {}), {
    port: 8090,
    host: "127.0.0.1",
    model: "rehearsal",
    tellToken: false,
  });
});

test("refuses to start without a token where others could reach it", () => {
  for (const host of ["0.0.0.0", "::", "10.0.0.7", "farm.example.org", "localhost.example.org", ""]) {
    assert.throws(() => readConsoleOptions({ host }, {}), /set CONSOLE_TOKEN .* or pass --new-token/, host);
    assert.equal(readConsoleOptions({ host }, { CONSOLE_TOKEN: TOKEN }).token, TOKEN, host);
    const { token = "", tellToken } = readConsoleOptions({ host, newToken: true }, {});
    assert.ok(token.length >= 32 && tellToken, host);
  }
  for (const host of ["127.0.0.1", "localhost", "::1", "127.1.2.3"]) {
    assert.equal(readConsoleOptions({ host }, {}).token, undefined, host);
  }
});

test("keeps a token that was set on loopback as well", () => {
  assert.equal(readConsoleOptions({}, { CONSOLE_TOKEN: TOKEN }).token, TOKEN);
});

test("refuses a token that can be guessed, without repeating it", () => {
  for (const token of [
    "short",
    "x".repeat(15),
    "with spaces in the token",
    "tok\u00e9n-with-accents-in-it",
  ]) {
    assert.throws(
      () => readConsoleOptions({ host: "0.0.0.0" }, { CONSOLE_TOKEN: token }),
      (error) => error instanceof UsageError && !error.message.includes(token),
      token,
    );
  }
});

test("makes another token each time it is asked for one", () => {
  const made = [1, 2, 3].map(() => readConsoleOptions({ newToken: true }, {}).token);
  assert.equal(new Set(made).size, 3);
});

test("takes GitHub from the environment, and says what is missing without the token in it", () => {
  const environment = { GITHUB_REPOSITORY: "acme/app", GITHUB_TOKEN: "ghp_secret", FARM_REF: "next" };
  const { github } = readConsoleOptions({}, environment);
  assert.deepEqual(
    [github?.owner, github?.repo, github?.ref, github?.workflow, github?.baseUrl],
    ["acme", "app", "next", "build.yml", "https://api.github.com"],
  );
  assert.throws(
    () => readConsoleOptions({}, { ...environment, GITHUB_REPOSITORY: "../../etc" }),
    (error) => error instanceof UsageError && !error.message.includes("ghp_secret"),
  );
  assert.throws(() => readConsoleOptions({}, { ...environment, GITHUB_TOKEN: "" }), /GITHUB_TOKEN is not/);
});

test("refuses a port, a model or an address that is none", () => {
  assert.throws(() => readConsoleOptions({ port: "80a" }, {}), /--port is a whole number from 0 to 65535/);
  assert.throws(() => readConsoleOptions({ port: "70000" }, {}), /--port/);
  assert.throws(() => readConsoleOptions({ model: "real" }, {}), /--model real needs ANTHROPIC_API_KEY/);
});
