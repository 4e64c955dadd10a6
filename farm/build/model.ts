import { readProvider } from "../../src/config/credentials.ts";
import { MODELS } from "./expectations.ts";
import type { Model } from "./expectations.ts";
import { UsageError } from "./kube.ts";
import { oneOf } from "./options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that would give a medic of ours another tier 2 than the one that was asked for. */
const MODEL_VARIABLES = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_CUSTOM_HEADERS",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

/**
 * What tier 2 is to be: as `--model` says, else Claude when there are credentials for it, else the rehearsal. Throws
 * `UsageError` when Claude is asked for without credentials.
 */
export function readModel(flag: string | undefined, environment: Environment): Model {
  const credentials = readProvider(environment) !== "none";
  const model = flag === undefined ? (credentials ? "real" : "rehearsal") : oneOf("--model", flag, MODELS);
  if (model === "real" && !credentials) {
    throw new UsageError(
      "--model real needs ANTHROPIC_API_KEY, or the SDK's variables for Bedrock or Vertex, in the environment.",
    );
  }
  return model;
}

/** Takes every credential of a model out of a medic's environment. */
export function withoutModel(): Readonly<Record<string, undefined>> {
  return Object.fromEntries(MODEL_VARIABLES.map((name) => [name, undefined]));
}
