import { nearest } from "./nearest.ts";
import { Secret } from "./secret.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whose model tier 2 would use; `none`: playbook only. */
export type Provider = "anthropic" | "bedrock" | "vertex" | "none";

/** Where the one message of an incident goes. */
export type ChatConfig =
  | { readonly kind: "none" }
  | {
      readonly kind: "rocketchat";
      readonly url: string;
      readonly userId: string;
      readonly token: Secret;
      readonly channel: string;
    }
  | { readonly kind: "webhook"; readonly url: Secret; readonly channel?: string };

const chatVariables = [
  "ROCKETCHAT_URL",
  "ROCKETCHAT_USER_ID",
  "ROCKETCHAT_TOKEN",
  "ROCKETCHAT_CHANNEL",
  "ROCKETCHAT_WEBHOOK_URL",
];
/** Whose values are masked wherever they stand. */
const secretVariables = [
  "ROCKETCHAT_TOKEN",
  "ROCKETCHAT_WEBHOOK_URL",
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

/** The chat from its standard variables; half a set of them is a problem. */
export function readChat(env: Environment): {
  readonly chat: ChatConfig;
  readonly problems: readonly string[];
} {
  const value = (name: string): string => (env[name] ?? "").trim();
  const problems = unknownChatVariables(env);
  const webhook = value("ROCKETCHAT_WEBHOOK_URL");
  const channel = value("ROCKETCHAT_CHANNEL");
  const api = ["ROCKETCHAT_URL", "ROCKETCHAT_USER_ID", "ROCKETCHAT_TOKEN"];
  const set = api.filter((name) => value(name) !== "");
  if (webhook !== "" && set.length > 0) {
    problems.push(
      `ROCKETCHAT_WEBHOOK_URL is set together with ${set.join(" and ")}; keep the webhook or the account, not both.`,
    );
  } else if (webhook !== "") {
    problems.push(...urlProblems("ROCKETCHAT_WEBHOOK_URL", webhook));
    return {
      chat: { kind: "webhook", url: new Secret(webhook), ...(channel === "" ? {} : { channel }) },
      problems,
    };
  } else if (set.length > 0 || channel !== "") {
    const missing = [...api, "ROCKETCHAT_CHANNEL"].filter((name) => value(name) === "");
    if (missing.length > 0) {
      problems.push(
        `Rocket.Chat is set up only in part: ${missing.join(", ")} must be set too (or only ROCKETCHAT_WEBHOOK_URL).`,
      );
    }
    const url = value("ROCKETCHAT_URL");
    if (url !== "") problems.push(...urlProblems("ROCKETCHAT_URL", url));
    const token = new Secret(value("ROCKETCHAT_TOKEN"));
    return {
      chat: {
        kind: "rocketchat",
        url: url.replace(/\/+$/, ""),
        userId: value("ROCKETCHAT_USER_ID"),
        token,
        channel,
      },
      problems,
    };
  }
  return { chat: { kind: "none" }, problems };
}

/** The value is not repeated: a webhook's path is a credential. */
function urlProblems(name: string, text: string): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return [`${name} is no URL; accepted: one that begins with https:// or http://.`];
  }
  return url.username === "" && url.password === ""
    ? []
    : [`${name} contains a user or password; leave it out of the URL.`];
}

function unknownChatVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith("ROCKETCHAT_") && !chatVariables.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, chatVariables);
      // Others may well have variables of their own for Rocket.Chat; only a typing error is worth stopping for.
      return meant === undefined
        ? []
        : [`The environment variable ${name} is not used; did you mean ${meant}?`];
    });
}

/** Exact values to mask wherever they stand. */
export function secretValues(env: Environment): readonly string[] {
  return secretVariables.flatMap((name) => env[name] ?? []);
}
