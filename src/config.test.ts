import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { Command } from "commander";
import { describeConfig, durationMs, loadConfig, processSources, secretsOf } from "./config.ts";
import type { Config, ConfigSources } from "./config.ts";
import { addConfigFlags } from "./config/flags.ts";
import { settingInfos } from "./config/settings.ts";

interface Given {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly files?: Readonly<Record<string, string>>;
}

function sources({ flags = {}, env = {}, files = {} }: Given): ConfigSources {
  return { flags, env, readFile: (path) => files[path] };
}

function config(given: Given = {}): Config {
  const loaded = loadConfig(sources(given));
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return loaded.config;
}

function problems(given: Given): readonly string[] {
  const loaded = loadConfig(sources(given));
  assert.ok("problems" in loaded, "no problem was found");
  return loaded.problems;
}

test("has the defaults of the contract", () => {
  const { chat, provider, sources: origins, ...settings } = config();
  assert.deepEqual(settings, {
    sweepSeconds: 5,
    debounceSeconds: 20,
    verifySeconds: 10,
    maxActionsPerStack: 3,
    mode: "act",
    allowNodePatch: false,
    acceptExcessRights: false,
    model: "claude-sonnet-4-6",
    maxTurns: 12,
    maxBudgetUsd: 0.5,
    hourlyBudgetUsd: 1.5,
    maxConcurrentEpisodes: 3,
    episodeTimeoutSeconds: 300,
    incidentTtl: "7d",
    rerunMinutes: 40,
    namespace: "build-medic",
    stateDir: "./state",
    port: 8080,
    host: "127.0.0.1",
    publicUrl: "",
    logLevel: "info",
  });
  assert.deepEqual(chat, { kind: "none" });
  assert.equal(provider, "none");
  assert.ok(Object.values(origins).every((origin) => origin === "default"));
});

test("takes the flag over the environment over the file over the default", () => {
  const files = { "medic.yaml": "sweepSeconds: 7\ndebounceSeconds: 7\nmaxTurns: 7\n" };
  const env = { MEDIC_SWEEP_SECONDS: "8", MEDIC_DEBOUNCE_SECONDS: "8" };
  const loaded = config({ files, env, flags: { sweepSeconds: "9" } });
  assert.equal(loaded.sweepSeconds, 9);
  assert.equal(loaded.debounceSeconds, 8);
  assert.equal(loaded.maxTurns, 7);
  assert.equal(loaded.port, 8080);
  assert.deepEqual(
    [
      loaded.sources.sweepSeconds,
      loaded.sources.debounceSeconds,
      loaded.sources.maxTurns,
      loaded.sources.port,
    ],
    ["flag", "environment", "file", "default"],
  );
});

test("reports every problem at once, each with key, value, source and what is accepted", () => {
  assert.deepEqual(
    problems({
      flags: { port: "80a", allowNodePatch: "yes" },
      env: {
        MEDIC_MODE: "acting",
        MEDIC_MAX_TURNS: "1.5",
        MEDIC_INCIDENT_TTL: "7",
        MEDIC_HOST: "a b",
        ROCKETCHAT_URL: "ftp://x",
      },
      files: {
        "medic.yaml":
          'sweepSeconds: "5"\nacceptExcessRights: yes\nmaxBudgetUsd: 1000\nnamespace: Build_Medic\n',
      },
    }),
    [
      "Rocket.Chat is set up only in part: ROCKETCHAT_USER_ID, ROCKETCHAT_TOKEN, ROCKETCHAT_CHANNEL must be set too (or only ROCKETCHAT_WEBHOOK_URL).",
      "ROCKETCHAT_URL is no URL; accepted: one that begins with https:// or http://.",
      'sweepSeconds is "5" (medic.yaml); accepted: a number from 1 to 3600.',
      'mode is "acting" (environment variable MEDIC_MODE); accepted: act or observe.',
      'allowNodePatch is "yes" (flag --allow-node-patch); accepted: true or false.',
      'acceptExcessRights is "yes" (medic.yaml); accepted: true or false.',
      "maxTurns is 1.5 (environment variable MEDIC_MAX_TURNS); accepted: a whole number from 1 to 100.",
      "maxBudgetUsd is 1000 (medic.yaml); accepted: a number from 0.01 to 100.",
      'incidentTtl is "7" (environment variable MEDIC_INCIDENT_TTL); accepted: a whole number and a unit, s, m, h or d, like 7d.',
      'namespace is "Build_Medic" (medic.yaml); accepted: a Kubernetes namespace name: lower-case letters, digits and dashes.',
      'port is "80a" (flag --port); accepted: a whole number from 0 to 65535.',
      'host is "a b" (environment variable MEDIC_HOST); accepted: an IP address or a host name.',
    ],
  );
});

const refusedNumbers = ["", " ", "5s", "0x10", "NaN", "Infinity", "1e999", "-1", "1,5", "五"];
for (const text of refusedNumbers) {
  test(`does not take ${JSON.stringify(text)} for a number of seconds`, () => {
    assert.match(
      problems({ flags: { sweepSeconds: text } }).join(),
      /^sweepSeconds is .* \(flag --sweep-seconds\)/,
    );
  });
}

test("takes an empty variable as not set", () => {
  assert.equal(
    config({ env: { MEDIC_PORT: "", MEDIC_CONFIG: "", ROCKETCHAT_URL: "", ANTHROPIC_API_KEY: "" } }).port,
    8080,
  );
});

test("takes a bare boolean flag as true, and --flag false as false over the environment", () => {
  const env = { MEDIC_ALLOW_NODE_PATCH: "true" };
  assert.equal(config({ flags: { allowNodePatch: true } }).allowNodePatch, true);
  assert.equal(config({ flags: { allowNodePatch: "false" }, env }).allowNodePatch, false);
});

test("names what an unknown key or variable probably means", () => {
  assert.deepEqual(
    problems({
      env: { MEDIC_MAX_TURN: "3", MEDIC_COLOUR: "x", ROCKETCHAT_USERID: "u" },
      files: { "medic.yaml": "max-turns: 3\nrocketchatToken: x\nbanana: 1\n" },
    }),
    [
      '"max-turns" in medic.yaml is no known key; did you mean maxTurns? Every key is listed by `build-medic run --help`.',
      '"rocketchatToken" in medic.yaml is no known key; every key is listed by `build-medic run --help`. Credentials come from the environment only.',
      '"banana" in medic.yaml is no known key; every key is listed by `build-medic run --help`.',
      "The environment variable MEDIC_COLOUR is no known setting; every variable is listed by `build-medic run --help`.",
      "The environment variable MEDIC_MAX_TURN is no known setting; did you mean MEDIC_MAX_TURNS? Every variable is listed by `build-medic run --help`.",
      "The environment variable ROCKETCHAT_USERID is not used; did you mean ROCKETCHAT_USER_ID?",
    ],
  );
});

test("ignores what Kubernetes sets for a Service called medic, and explains the one that collides", () => {
  const links = {
    MEDIC_SERVICE_HOST: "10.0.0.1",
    MEDIC_SERVICE_PORT_HTTP: "80",
    MEDIC_PORT_80_TCP_ADDR: "10.0.0.1",
    MEDIC_UI_PORT: "tcp://10.0.0.1:80",
  };
  assert.equal(config({ env: links }).port, 8080);
  assert.deepEqual(problems({ env: { ...links, MEDIC_PORT: "tcp://10.0.0.1:80" } }), [
    'port is "tcp://10.0.0.1:80" (environment variable MEDIC_PORT); accepted: a whole number from 0 to 65535. Kubernetes sets it for a Service called medic: give the pod enableServiceLinks: false.',
  ]);
});

test("refuses a budget under which no episode could start", () => {
  assert.match(
    problems({ flags: { hourlyBudgetUsd: "0.2" } })[0]!,
    /^hourlyBudgetUsd \(0\.2\) is less than maxBudgetUsd \(0\.5\)/,
  );
  assert.equal(config({ flags: { hourlyBudgetUsd: "0" } }).hourlyBudgetUsd, 0);
});

const badFiles: readonly [sentence: string, given: Given, expected: RegExp][] = [
  [
    "a file that is named but missing",
    { flags: { config: "x.yaml" } },
    /^x\.yaml does not exist; name the configuration file with --config or MEDIC_CONFIG\.$/,
  ],
  [
    "a file that is no YAML",
    { files: { "medic.yaml": "a: [1\nb: }" } },
    /^medic\.yaml is no valid YAML: .* at line 2, column \d+/,
  ],
  [
    "a key given twice",
    { files: { "medic.yaml": "port: 1\nport: 2\n" } },
    /^medic\.yaml is no valid YAML: Map keys must be unique/,
  ],
  [
    "a file that is a list",
    { files: { "medic.yaml": "- 1\n" } },
    /^medic\.yaml must be a list of keys and values/,
  ],
];
for (const [sentence, given, expected] of badFiles) {
  test(`says in one sentence what is wrong with ${sentence}`, () =>
    assert.match(problems(given)[0]!, expected));
}

test("reads an empty file, and one with comments only, as no settings", () => {
  for (const text of ["", "# nothing\n", "---\n"])
    assert.equal(config({ files: { "medic.yaml": text } }).port, 8080);
});

test("says that a file cannot be read", () => {
  const loaded = loadConfig({
    flags: {},
    env: { MEDIC_CONFIG: "secret.yaml" },
    readFile: () => {
      throw new Error("EACCES: permission denied");
    },
  });
  assert.deepEqual(loaded, {
    problems: [
      "secret.yaml cannot be read (EACCES: permission denied); correct its permissions or name another file with --config.",
    ],
  });
});

test("takes the file that the flag names over the one of the environment", () => {
  const files = { "a.yaml": "port: 1", "b.yaml": "port: 2", "medic.yaml": "port: 3" };
  assert.equal(config({ files, flags: { config: "a.yaml" }, env: { MEDIC_CONFIG: "b.yaml" } }).port, 1);
  assert.equal(config({ files, env: { MEDIC_CONFIG: "b.yaml" } }).port, 2);
});

const providers: readonly [Readonly<Record<string, string>>, string][] = [
  [{}, "none"],
  [{ ANTHROPIC_API_KEY: "sk-ant-x" }, "anthropic"],
  [{ ANTHROPIC_API_KEY: "sk-ant-x", CLAUDE_CODE_USE_BEDROCK: "1" }, "bedrock"],
  [{ CLAUDE_CODE_USE_VERTEX: "true" }, "vertex"],
  [{ CLAUDE_CODE_USE_BEDROCK: "0" }, "none"],
];
for (const [env, provider] of providers) {
  test(`finds the provider ${provider} with ${Object.keys(env).join(" and ") || "nothing"} set`, () => {
    assert.equal(config({ env }).provider, provider);
  });
}

const rocketchat = {
  ROCKETCHAT_URL: "https://chat.example/",
  ROCKETCHAT_USER_ID: "u1",
  ROCKETCHAT_TOKEN: "tok-123456",
  ROCKETCHAT_CHANNEL: "#builds",
};

test("reads the chat account, or the webhook, and not both", () => {
  const { chat } = config({ env: rocketchat });
  assert.ok(chat.kind === "rocketchat");
  assert.deepEqual(
    [chat.url, chat.userId, chat.token.reveal(), chat.channel],
    ["https://chat.example", "u1", "tok-123456", "#builds"],
  );
  const webhook = config({ env: { ROCKETCHAT_WEBHOOK_URL: "https://chat.example/hooks/a/b" } }).chat;
  assert.ok(webhook.kind === "rocketchat-webhook");
  assert.equal(webhook.url.reveal(), "https://chat.example/hooks/a/b");
  assert.match(
    problems({ env: { ...rocketchat, ROCKETCHAT_WEBHOOK_URL: "https://x" } })[0]!,
    /^A message goes to one place, but .* are set; keep one of them\.$/,
  );
  assert.match(
    problems({ env: { ...rocketchat, ROCKETCHAT_URL: "https://u:p@x" } })[0]!,
    /contains a user or password/,
  );
});

test("shows no credential, however it is printed", () => {
  const env = { ...rocketchat, ANTHROPIC_API_KEY: "sk-ant-abcdef" };
  const loaded = config({ env });
  const shown = [
    JSON.stringify(loaded),
    inspect(loaded, { depth: 9, showHidden: true }),
    JSON.stringify(describeConfig(loaded)),
  ];
  for (const text of shown) assert.ok(!text.includes("tok-123456") && !text.includes("sk-ant-abcdef"), text);
  if (loaded.chat.kind === "rocketchat") assert.equal(String(loaded.chat.token), "[masked]");
  assert.deepEqual(secretsOf(loaded, env), ["tok-123456", "sk-ant-abcdef"]);
});

test("describes every value and where the changed ones came from", () => {
  const described = describeConfig(config({ flags: { port: "1" }, env: rocketchat }));
  for (const { key } of settingInfos) assert.ok(key in described, key);
  assert.deepEqual(described["sources"], { port: "flag" });
  assert.deepEqual(described["chat"], {
    kind: "rocketchat",
    url: "https://chat.example",
    userId: "u1",
    token: "[masked]",
    channel: "#builds",
  });
});

test("gives every key a flag that reaches it, and documents it in the help", () => {
  const command = addConfigFlags(new Command("run"));
  const help = command.helpInformation();
  for (const { flag, env } of settingInfos) assert.ok(help.includes(flag) && help.includes(env), flag);
  command.parse(
    [
      "--sweep-seconds",
      "9",
      "--allow-node-patch",
      "--mode",
      "observe",
      "--incident-ttl",
      "36h",
      "--config",
      "a.yaml",
    ],
    {
      from: "user",
    },
  );
  const loaded = config({ flags: command.opts(), files: { "a.yaml": "" } });
  assert.deepEqual(
    [loaded.sweepSeconds, loaded.allowNodePatch, loaded.mode, loaded.incidentTtl],
    [9, true, "observe", "36h"],
  );
});

test("counts durations in milliseconds", () => {
  assert.deepEqual(["90s", "5m", "2h", "7d"].map(durationMs), [90_000, 300_000, 7_200_000, 604_800_000]);
});

test("reads files of the disk, and tells a missing one from an unreadable one", () => {
  const dir = mkdtempSync(join(tmpdir(), "config-"));
  writeFileSync(join(dir, "a.yaml"), "port: 1\n");
  const disk = processSources({});
  assert.equal(disk.readFile(join(dir, "a.yaml")), "port: 1\n");
  assert.equal(disk.readFile(join(dir, "b.yaml")), undefined);
  assert.throws(() => disk.readFile(dir), /EISDIR/);
});
