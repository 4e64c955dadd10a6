import assert from "node:assert/strict";
import { test } from "node:test";
import { readGitHubSettings } from "./settings.ts";

const given = { GITHUB_REPOSITORY: "acme/app", GITHUB_TOKEN: "github_pat_1" };

test("without a repository no GitHub is meant, whatever token lies around", () => {
  assert.equal(readGitHubSettings({ GITHUB_TOKEN: "github_pat_1" }), undefined);
  assert.equal(readGitHubSettings({ GITHUB_REPOSITORY: "" }), undefined);
});

test("a repository and a token are enough", () => {
  assert.deepEqual(readGitHubSettings(given), {
    baseUrl: "https://api.github.com",
    token: "github_pat_1",
    owner: "acme",
    repo: "app",
    workflow: "build.yml",
    ref: "main",
  });
});

test("everything else can be told", () => {
  const settings = readGitHubSettings({
    GITHUB_REPOSITORY: "acme/app.js",
    GITHUB_TOKEN: " token\n",
    GITHUB_API_URL: "https://github.acme.example/api/v3/",
    FARM_WORKFLOW: "farm.yaml",
    FARM_REF: "next",
  });
  assert.deepEqual(settings, {
    baseUrl: "https://github.acme.example/api/v3",
    token: "token",
    owner: "acme",
    repo: "app.js",
    workflow: "farm.yaml",
    ref: "next",
  });
});

const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
  [
    { GITHUB_TOKEN: "" },
    /^GITHUB_REPOSITORY is set but GITHUB_TOKEN is not; set it to a token with Actions: write/,
  ],
  [{ GITHUB_TOKEN: "secret\nX-Other: 1" }, /^GITHUB_TOKEN has characters no token has\.$/],
  [{ GITHUB_REPOSITORY: "app" }, /^GITHUB_REPOSITORY is "owner\/name", not "app"\.$/],
  [{ GITHUB_REPOSITORY: "acme/.." }, /^GITHUB_REPOSITORY is "owner\/name"/],
  [{ GITHUB_REPOSITORY: "acme/app/../../x" }, /^GITHUB_REPOSITORY is "owner\/name"/],
  [{ GITHUB_API_URL: "api.github.com" }, /^GITHUB_API_URL is no address/],
  [{ GITHUB_API_URL: "file:///etc/passwd" }, /^GITHUB_API_URL is no address/],
  [{ GITHUB_API_URL: "http://github.acme.example" }, /^GITHUB_API_URL must begin with https:\/\//],
  [{ GITHUB_API_URL: "http://127.0.0.1.acme.example" }, /^GITHUB_API_URL must begin with https:\/\//],
  [{ GITHUB_API_URL: "https://user:secret@github.acme.example" }, /without credentials or parameters/],
  [
    { GITHUB_API_URL: "https://github.acme.example/?access_token=secret" },
    /without credentials or parameters/,
  ],
  [
    { FARM_WORKFLOW: "../build.yml" },
    /^FARM_WORKFLOW is a file's name such as build\.yml, not "\.\.\/build\.yml"\.$/,
  ],
  [{ FARM_WORKFLOW: ".github/workflows/build.yml" }, /^FARM_WORKFLOW is a file's name/],
];

for (const [change, message] of wrong) {
  test(`refuses ${JSON.stringify(change)} in one sentence without the secret in it`, () => {
    assert.throws(
      () => readGitHubSettings({ ...given, ...change }),
      (error: Error) => message.test(error.message) && !error.message.includes("secret"),
    );
  });
}

test("takes plain http for this machine alone", () => {
  for (const url of ["http://127.0.0.1:4010", "http://localhost:4010", "http://[::1]:4010"]) {
    assert.equal(readGitHubSettings({ ...given, GITHUB_API_URL: url })?.baseUrl, url);
  }
});
