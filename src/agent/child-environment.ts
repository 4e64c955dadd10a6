import { existsSync } from "node:fs";
import { join } from "node:path";
import { maxOutputTokens } from "./worst-case.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whose model the agent asks. */
export type ModelProvider = "anthropic" | "bedrock" | "vertex";

/** What the agent's process needs to reach anything at all. */
const always = [
  "PATH",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "https_proxy",
  "http_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
];

/** A name that ends with `*` stands for all that begin so. */
const ofProvider: Readonly<Record<ModelProvider, readonly string[]>> = {
  anthropic: ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"],
  bedrock: [
    "CLAUDE_CODE_USE_BEDROCK",
    "ANTHROPIC_BEDROCK_BASE_URL",
    "CLAUDE_CODE_SKIP_BEDROCK_AUTH",
    "AWS_*",
  ],
  vertex: [
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_SKIP_VERTEX_AUTH",
    "ANTHROPIC_VERTEX_*",
    "CLOUD_ML_REGION",
    "VERTEX_REGION_*",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
  ],
};

/**
 * The whole environment of the agent's process. Only what is named here is passed on, so that no secret of the medic's
 * other parts is in reach of it, and no variable that switches one of the SDK's guards off.
 */
export function childEnvironment(options: {
  readonly provider: ModelProvider;
  readonly environment: Environment;
  /** Home, configuration and temporary files of one episode. */
  readonly folder: string;
  readonly exists?: (path: string) => boolean;
}): Record<string, string> {
  const { provider, environment, folder, exists = existsSync } = options;
  return {
    ...pick(environment, [...always, ...ofProvider[provider]]),
    ...credentialFiles(provider, environment, exists),
    HOME: folder,
    TMPDIR: folder,
    CLAUDE_CONFIG_DIR: folder,
    CLAUDE_CODE_TMPDIR: folder,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    // No token counts in the prompt, and no expansion of "@file".
    CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxOutputTokens),
    CLAUDE_CODE_MAX_RETRIES: "2",
    API_TIMEOUT_MS: "120000",
    CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: "30000",
  };
}

function pick(environment: Environment, names: readonly string[]): Record<string, string> {
  const wanted = (name: string): boolean =>
    names.some((pattern) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && value !== "" && wanted(name) ? [[name, value]] : [],
    ),
  );
}

/** The home folder moves, so the files that are looked for there must be named. */
function credentialFiles(
  provider: ModelProvider,
  environment: Environment,
  exists: (path: string) => boolean,
): Record<string, string> {
  const home = environment["HOME"] ?? "";
  if (provider === "anthropic" || home === "") return {};
  const files: Record<string, string> =
    provider === "bedrock"
      ? {
          AWS_CONFIG_FILE: join(home, ".aws", "config"),
          AWS_SHARED_CREDENTIALS_FILE: join(home, ".aws", "credentials"),
        }
      : {
          GOOGLE_APPLICATION_CREDENTIALS: join(
            environment["CLOUDSDK_CONFIG"] ?? join(home, ".config", "gcloud"),
            "application_default_credentials.json",
          ),
        };
  // A file that does not exist would keep Google's client from asking the metadata server.
  return Object.fromEntries(
    Object.entries(files).filter(([name, path]) => (environment[name] ?? "") === "" && exists(path)),
  );
}
