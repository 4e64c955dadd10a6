/** Last words that name a secret, also as the end of a longer word (`pgpassword`, `accesstoken`). */
const endings =
  /(?:password|passwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|accountkey|credentials?|authorization|cookie)$/;
/** What a `…key` must be to be a secret; a bare `key` is none. */
const keyKinds = new Set([
  "access",
  "account",
  "api",
  "auth",
  "client",
  "encryption",
  "master",
  "private",
  "secret",
  "service",
  "shared",
  "signing",
  "ssh",
  "storage",
  "tls",
]);
/** Trailing words that say how the secret is written, not what it is. */
const wrappings = new Set([
  "b64",
  "base",
  "data",
  "decoded",
  "encoded",
  "plain",
  "raw",
  "string",
  "text",
  "value",
]);
const hint = /pass|pwd|secret|token|key|cred|auth|cookie/i;

/**
 * True when a value under this name is a secret: `DB_PASSWORD`, `clientSecret`, `x-auth-token`, `tls.key`.
 * False for what only speaks of one: `secretName`, `tokenExpirationSeconds`, `PASSWORD_FILE`, `tokens`.
 */
export function isSecretName(name: string): boolean {
  if (!hint.test(name)) return false;
  const words = wordsOf(name);
  while (words.length > 1 && wrappings.has(words.at(-1) ?? "")) words.pop();
  const [last = "", before] = words.toReversed();
  if (endings.test(last)) return true;
  if (before === undefined) return false;
  // Alone, `pwd` is a working directory and `pass` a test's outcome.
  return last === "key" ? keyKinds.has(before) : (last === "pwd" && before !== "old") || last === "pass";
}

/** True for names whose value is a secret only when it looks like one: the `auth` of a registry login. */
export function isMaybeSecretName(name: string): boolean {
  return wordsOf(name).at(-1) === "auth";
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
}
