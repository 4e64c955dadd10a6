import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createRedactor, numberedMask, redact, redactJson } from "./redact.ts";

const jwt =
  "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJl-_x";

const masked: readonly [sentence: string, text: string, expected: string][] = [
  ["an environment dump", "DB_PASSWORD=pa$$,w;o&rd\nHOME=/root", "DB_PASSWORD=[masked]\nHOME=/root"],
  ["YAML", "  password: correct horse 1\n  user: app", "  password: [masked]\n  user: app"],
  ["quoted YAML with a doubled quote", "password: 'it''s 1'", "password: '[masked]'"],
  ["JSON", '{"apiKey": "a\\"b", "n": 1}', '{"apiKey": "[masked]", "n": 1}'],
  [
    "JSON escaped inside JSON",
    '{"x":"{\\"token\\":\\"a1b2\\",\\"n\\":1}"}',
    '{"x":"{\\"token\\":\\"[masked]\\",\\"n\\":1}"}',
  ],
  [
    "a JSON environment list",
    '[{"name":"DB_PASSWORD","value":"x1"}]',
    '[{"name":"DB_PASSWORD","value":"[masked]"}]',
  ],
  [
    "a YAML environment list",
    "- name: DB_PASSWORD\n  value: x1\n- name: A",
    "- name: DB_PASSWORD\n  value: [masked]\n- name: A",
  ],
  ["a list of assignments", '["A=1","DB_PASSWORD=x,y&z","B=2"]', '["A=1","DB_PASSWORD=[masked]","B=2"]'],
  ["a URL", "postgres://app:p@ss/w@db:5432/x", "postgres://app:[masked]@db:5432/x"],
  ["a URL without a user", "redis://:hunter2@cache:6379", "redis://:[masked]@cache:6379"],
  ["two URLs", "a://u:p1@h,b://u:p2@h", "a://u:[masked]@h,b://u:[masked]@h"],
  ["a URL with a token", "https://tok3n0123456789abc@git/x", "https://[masked]@git/x"],
  ["a bearer token", "sent Bearer abc123def456 to x", "sent Bearer [masked] to x"],
  [
    "an Authorization header",
    "> Authorization: Basic dXNlcjpwdw==\n> Accept: */*",
    "> Authorization: [masked]\n> Accept: */*",
  ],
  [
    "a quoted header",
    "curl -H 'X-Auth-Token: abc def' http://h",
    "curl -H 'X-Auth-Token: [masked]' http://h",
  ],
  ["a flag", "psql --password hunter2 --host db", "psql --password [masked] --host db"],
  ["a flag in a JSON list", '["--token","abc","--v"]', '["--token","[masked]","--v"]'],
  ["a connection string", "Host=db;Password=abc;Database=y", "Host=db;Password=[masked];Database=y"],
  ["a query string", "GET /x?token=abc1&n=2", "GET /x?token=[masked]&n=2"],
  [
    "a token in prose",
    "login failed with token: a1b2c3, retrying",
    "login failed with token: [masked] retrying",
  ],
  ["a service account token", `got ${jwt} from disk`, "got [masked] from disk"],
  ["an Anthropic key", "using sk-ant-api03-abc_DEF-123", "using [masked]"],
  ["an AWS key id", "id AKIAIOSFODNN7EXAMPLE.", "id [masked]."],
  [
    "an AWS secret",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "aws_secret_access_key = [masked]",
  ],
  ["a GitHub token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[masked]"],
  ["a registry login", '{"auths":{"r":{"auth":"dXNlcjpwYXNz"}}}', '{"auths":{"r":{"auth":"dXNlcjpwYXNz"}}}'],
  ["a registry login with digits", '{"r":{"auth":"dXNlcjpwYXNz1d=="}}', '{"r":{"auth":"[masked]"}}'],
  [
    "a private key",
    "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb",
    "a\n[masked]\nb",
  ],
  ["a cut private key", "-----BEGIN PRIVATE KEY-----\nMIIEabc", "[masked]"],
  [
    "a long blob behind the name",
    "the token Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA== was sent",
    "the token [masked] was sent",
  ],
];
for (const [sentence, text, expected] of masked) {
  test(`masks ${sentence}`, () => assert.equal(redact(text), expected));
}

const kept = [
  'Failed to pull image "registry.local:5000/app/token:v1.2": rpc error: code = NotFound desc = failed to resolve reference',
  "docker-pullable://nginx:1.27@sha256:0f1c2d3e4f5061728394a5b6c7d8e9f00f1c2d3e4f5061728394a5b6c7d8e9f0",
  "Back-off restarting failed container server in pod server-0-0_ci-4711(123e4567-e89b-12d3-a456-426614174000)",
  'MountVolume.SetUp failed for volume "creds" : secret "db-creds" not found',
  "couldn't find key password in Secret ci-4711/db-creds",
  'FATAL:  password authentication failed for user "app"',
  "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
  "invalid token: expired",
  "basic authentication required",
  "controller-revision-hash=server-0-6d4cf56db6 pod-template-hash: 7c9d5f9b5c",
  "automountServiceAccountToken: false\nsecretName: db-creds\ntokenExpirationSeconds: 3607\npasswordFile: /run/x",
  '{"tokens":1200,"maxTokens":4096,"secret":{"secretName":"x"},"imagePullSecrets":[{"name":"regcred"}]}',
  "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
  "DATABASE_URL=postgres://app:$(DB_PASSWORD)@db:5432/app",
  "http://server-0:8080/readyz@x http://10.0.0.1:8080?a=b@c",
  "PWD=/app OLDPWD=/ # pass 12 # fail 0",
  "node/worker-1 10.244.1.7 exit code 137",
];
for (const text of kept)
  test(`keeps ordinary diagnostics readable: ${text.slice(0, 50)}`, () => assert.equal(redact(text), text));

test("masks by name, pair, flag and Secret data in objects, and in JSON inside texts", () => {
  const intent = JSON.stringify({
    env: [
      { name: "API_KEY", value: "abc" },
      { name: "MODE", value: "x" },
    ],
  });
  assert.deepEqual(
    redactJson({
      env: [
        { name: "DB_PASSWORD", value: "abc" },
        { name: "DB_HOST", value: "db" },
      ],
      args: ["--token", "abc", "--verbose", "--secret", "--other"],
      auth: {
        password: 12345,
        enabled: true,
        passwords: ["x"],
        clientSecret: ["a", 1],
        credentials: { user: "u", password: "p" },
      },
      secret: { kind: "Secret", metadata: { name: "s" }, data: { any: "YWJj" } },
      intent,
      at: new Date(0),
      big: 12n,
      nothing: undefined,
      call: () => 1,
    }),
    {
      env: [
        { name: "DB_PASSWORD", value: "[masked]" },
        { name: "DB_HOST", value: "db" },
      ],
      args: ["--token", "[masked]", "--verbose", "--secret", "--other"],
      auth: {
        password: "[masked]",
        enabled: true,
        passwords: ["x"],
        clientSecret: ["[masked]", "[masked]"],
        credentials: { user: "u", password: "[masked]" },
      },
      secret: { kind: "Secret", metadata: { name: "s" }, data: { any: "[masked]" } },
      intent: '{"env":[{"name":"API_KEY","value":"[masked]"},{"name":"MODE","value":"x"}]}',
      at: "1970-01-01T00:00:00.000Z",
      big: "12",
    },
  );
});

test("keeps the spelling of JSON inside a text when nothing in it is secret", () => {
  const text = '{ "a" : [ 1.0 ] }';
  assert.equal(redactJson(text), text);
});

test("masks circular and very deep structures instead of failing", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  assert.deepEqual(redactJson(circular), { self: "[circular]" });
  const deep = "[".repeat(50_000) + '"password=abc1"' + "]".repeat(50_000);
  assert.ok(!JSON.stringify(redactJson(deep)).includes("abc1"));
});

test("does not touch the prototype of what it copies", () => {
  const copy = redactJson(JSON.parse('{"__proto__":{"admin":true}}')) as object;
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  assert.deepEqual(Object.keys(copy), ["__proto__"]);
});

test("masks known values wherever they stand, the longest first, and leaves short ones alone", () => {
  const redactor = createRedactor({ known: ["abcdef", "abcdefgh", "ab"] });
  assert.equal(redactor.text("x abcdefghi ab abcdef"), "x [masked]i ab [masked]");
});

test("numbers secrets so that equal stays equal and different stays different", () => {
  const redactor = createRedactor({ mask: numberedMask() });
  assert.equal(
    redactor.text("PASSWORD=a1\nPASSWORD=b2\nPASSWORD=a1"),
    "PASSWORD=[masked-1]\nPASSWORD=[masked-2]\nPASSWORD=[masked-1]",
  );
});

// Random secrets: a letter, a digit, and what a password generator gives.
const secret = fc.stringMatching(/^[A-Za-z][0-9][A-Za-z0-9_.~+!%#*-]{6,30}$/);
const contexts: readonly ((secret: string) => string)[] = [
  (s) => `PASSWORD=${s}`,
  (s) => `FOO=1 DB_PASSWORD=${s} BAR=2`,
  (s) => `token: ${s}`,
  (s) => `  - secret:   ${s}`,
  (s) => `the client secret: ${s}, sorry`,
  (s) => `password:${s}`,
  (s) => JSON.stringify({ password: s, b: 1 }),
  (s) => JSON.stringify({ password: s, b: 1 }, undefined, 2),
  (s) => JSON.stringify(JSON.stringify({ accessToken: s })),
  (s) => JSON.stringify(JSON.stringify(JSON.stringify({ "client-secret": s }))),
  (s) => JSON.stringify({ env: [{ name: "API_KEY", value: s }] }),
  (s) => JSON.stringify(JSON.stringify({ env: [{ name: "API_KEY", value: s }] })),
  (s) => `env:\n- name: API_TOKEN\n  value: "${s}"\n`,
  (s) => JSON.stringify({ log: `line one\nPGPASSWORD=${s}\nline three` }),
  (s) => `postgres://app:${s}@db-0.db:5432/app?x=1`,
  (s) => `error: dial "amqp://u:${s}@mq": refused`,
  (s) => `Authorization: Bearer ${s}`,
  (s) => `{"Authorization":"Bearer ${s}"}`,
  (s) => `curl -H "X-Auth-Token: ${s}" http://x`,
  (s) => `run --api-key ${s} now`,
  (s) => `run --api-key=${s} now`,
  (s) => `Server=x;Password=${s};Timeout=3`,
  (s) => `?access_token=${s}&b=c`,
  (s) => `config := {token => '${s}'}`,
  (s) => `aws_secret_access_key = ${s}`,
];
const prefix = fc.constantFrom(
  "",
  "\n",
  "2026-01-01T00:00:00Z ",
  'level=error msg="',
  "E0101 [server] ",
  "{",
  "a: b, ",
);

test("no planted secret survives in any of the contexts", () => {
  fc.assert(
    fc.property(secret, fc.constantFrom(...contexts), prefix, (value, context, before) => {
      const text = redact(before + context(value));
      assert.ok(!text.includes(value), text);
    }),
    { numRuns: 3000 },
  );
});

test("no planted secret survives in an object, however deep", () => {
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom(...contexts),
      fc.array(fc.constantFrom("a", "list", "text")),
      (value, context, path) => {
        let nested: unknown = { note: context(value), password: value, env: [{ name: "A_TOKEN", value }] };
        for (const step of path)
          nested = step === "list" ? [nested] : step === "text" ? JSON.stringify(nested) : { a: nested };
        const text = JSON.stringify(redactJson(nested));
        assert.ok(!text.includes(value), text);
      },
    ),
    { numRuns: 1500 },
  );
});

// oxfmt-ignore
const pieces = fc.constantFrom(
  "password", "token", "Authorization", "auth", "name", "value", "DB_PASSWORD", "--token", "cookie", "bearer", "Basic", "://", "@",
  "=", ":", ": ", " ", "\n", '"', "'", "\\", '\\"', "{", "}", "[", "]", "(", ",", ";", "|", ">", "<", "/", "-", "$(X)", "eyJ",
  "sk-ant-", "[masked]", "[masked-1]", "abc", "x1y2", "none", "true", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----", "-----", "ü", "💥",
);
test("masking twice changes nothing more", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const once = redact(parts.join(""));
      assert.equal(redact(once), once);
    }),
    { numRuns: 20_000 },
  );
});

test("masking an object twice changes nothing more", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(pieces, { maxLength: 10 }), (value, parts) => {
      const once = redactJson({ value, text: parts.join(""), inside: JSON.stringify({ t: parts.join("") }) });
      assert.deepEqual(redactJson(once), once);
    }),
    { numRuns: 3000 },
  );
});

// A quadratic pattern needs 10^10 steps for these: minutes. No time is asserted; the suite would visibly hang.
const hostile = [
  "a",
  "a.",
  "token",
  "token ",
  "token:",
  "token: ",
  "token=",
  'token="',
  "token='",
  'token\\"',
  "name: ",
  "eyJ",
  "eyJ.",
  "://",
  "://a:",
  "://a@",
  "sk-ant-",
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN ",
  "-",
  "bearer ",
  "\\",
  " ",
  "\n",
  "\t",
  '"',
  "password: <",
  "AKIA",
  "--token ",
  "[masked]",
];
for (const seed of hostile) {
  test(`takes linear time on 100 kB of ${JSON.stringify(seed)}`, () => {
    const text = seed.repeat(Math.ceil(100_000 / seed.length));
    assert.equal(typeof redact(text), "string");
    assert.equal(typeof redact(`token${text}`), "string");
    assert.equal(typeof redact(`${text}\n`), "string");
  });
}
