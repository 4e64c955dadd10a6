import { chatSecretVariables } from "./chat.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whose model tier 2 would use; `none`: playbook only. */
export type Provider = "anthropic" | "bedrock" | "vertex" | "none";

/** Whose values are masked wherever they stand. */
const secretVariables = [
  ...chatSecretVariables,
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_BEARER_TOKEN_BEDROCK",
];

/** Which provider's standard variables are set; a switch for Bedrock or Vertex wins over a key, as in the SDK. */
export function readProvider(env: Environment): Provider {
  if (isOn(env["CLAUDE_CODE_USE_BEDROCK"])) return "bedrock";
  if (isOn(env["CLAUDE_CODE_USE_VERTEX"])) return "vertex";
  return (env["ANTHROPIC_API_KEY"] ?? "") === "" ? "none" : "anthropic";
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|true|yes|on)$/i.test(value.trim());
}

/** Exact values to mask wherever they stand. */
export function secretValues(env: Environment): readonly string[] {
  return secretVariables.flatMap((name) => env[name] ?? []);
}
