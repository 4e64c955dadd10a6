import { nearest } from "./nearest.ts";
import { Secret } from "./secret.ts";

type Environment = Readonly<Record<string, string | undefined>>;

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
  | { readonly kind: "rocketchat-webhook"; readonly url: Secret; readonly channel?: string }
  | { readonly kind: "webhook"; readonly url: Secret; readonly secret?: Secret }
  | { readonly kind: "matrix"; readonly url: string; readonly token: Secret; readonly room: string };

interface Destination {
  readonly kind: Exclude<ChatConfig["kind"], "none">;
  readonly name: string;
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

const destinations: readonly Destination[] = [
  {
    kind: "rocketchat",
    name: "Rocket.Chat",
    required: ["ROCKETCHAT_URL", "ROCKETCHAT_USER_ID", "ROCKETCHAT_TOKEN"],
  },
  { kind: "rocketchat-webhook", name: "Rocket.Chat's webhook", required: ["ROCKETCHAT_WEBHOOK_URL"] },
  { kind: "webhook", name: "The webhook", required: ["WEBHOOK_URL"], optional: ["WEBHOOK_SECRET"] },
  { kind: "matrix", name: "Matrix", required: ["MATRIX_URL", "MATRIX_TOKEN", "MATRIX_ROOM"] },
];
/** Belongs to Rocket.Chat's account, where it is required, or to its webhook. */
const channelVariable = "ROCKETCHAT_CHANNEL";

const chatVariables = [
  ...destinations.flatMap(({ required, optional = [] }) => [...required, ...optional]),
  channelVariable,
];

/** Of these variables the values are masked wherever they stand. */
export const chatSecretVariables = [
  "ROCKETCHAT_TOKEN",
  "ROCKETCHAT_WEBHOOK_URL",
  "WEBHOOK_URL",
  "WEBHOOK_SECRET",
  "MATRIX_TOKEN",
];

/** The chat from its standard variables; half a set of them is a problem, and so are two destinations. */
export function readChat(env: Environment): {
  readonly chat: ChatConfig;
  readonly problems: readonly string[];
} {
  const value = (name: string): string => (env[name] ?? "").trim();
  const given = destinations
    .map((destination) => ({ destination, set: variablesOf(destination, value) }))
    .filter(({ set }) => set.length > 0);
  const unknown = unknownVariables(env);
  const [first, ...others] = given;
  if (first === undefined) return { chat: { kind: "none" }, problems: unknown };
  if (others.length > 0) {
    const all = given.map(({ set }) => set.join(", ")).join(" and ");
    return {
      chat: { kind: "none" },
      problems: [...unknown, `A message goes to one place, but ${all} are set; keep one of them.`],
    };
  }
  return {
    chat: configOf(first.destination.kind, value),
    problems: [...unknown, ...problemsOf(first.destination, value)],
  };
}

/** Those of the destination's variables that are set. A channel alone is half an account. */
function variablesOf(
  { kind, required, optional = [] }: Destination,
  value: (name: string) => string,
): string[] {
  const own = [...required, ...optional].filter((name) => value(name) !== "");
  const channel =
    kind === "rocketchat" && value("ROCKETCHAT_WEBHOOK_URL") === "" && value(channelVariable) !== "";
  return channel && own.length === 0 ? [channelVariable] : own;
}

function configOf(kind: Destination["kind"], value: (name: string) => string): ChatConfig {
  const channel = value(channelVariable);
  const secret = value("WEBHOOK_SECRET");
  switch (kind) {
    case "rocketchat":
      return {
        kind,
        url: value("ROCKETCHAT_URL").replace(/\/+$/, ""),
        userId: value("ROCKETCHAT_USER_ID"),
        token: new Secret(value("ROCKETCHAT_TOKEN")),
        channel,
      };
    case "rocketchat-webhook":
      return {
        kind,
        url: new Secret(value("ROCKETCHAT_WEBHOOK_URL")),
        ...(channel === "" ? {} : { channel }),
      };
    case "webhook":
      return {
        kind,
        url: new Secret(value("WEBHOOK_URL")),
        ...(secret === "" ? {} : { secret: new Secret(secret) }),
      };
    case "matrix":
      return {
        kind,
        url: value("MATRIX_URL").replace(/\/+$/, ""),
        token: new Secret(value("MATRIX_TOKEN")),
        room: value("MATRIX_ROOM"),
      };
  }
}

function problemsOf(destination: Destination, value: (name: string) => string): string[] {
  const { kind, name } = destination;
  const required = kind === "rocketchat" ? [...destination.required, channelVariable] : destination.required;
  const missing = required.filter((variable) => value(variable) === "");
  const instead = kind === "rocketchat" ? " (or only ROCKETCHAT_WEBHOOK_URL)" : "";
  const parts =
    missing.length === 0
      ? []
      : [`${name} is set up only in part: ${missing.join(", ")} must be set too${instead}.`];
  const urls = required.filter((variable) => variable.endsWith("_URL") && value(variable) !== "");
  const room = kind === "matrix" && value("MATRIX_ROOM") !== "" ? roomProblems(value("MATRIX_ROOM")) : [];
  return [...parts, ...urls.flatMap((variable) => urlProblems(variable, value(variable))), ...room];
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

function roomProblems(room: string): string[] {
  return /^[!#]\S{1,254}$/.test(room)
    ? []
    : [
        "MATRIX_ROOM is no room; accepted: a room's id, like !abc:example.org, or an alias, like #builds:example.org.",
      ];
}

function unknownVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => /^(?:ROCKETCHAT|WEBHOOK|MATRIX)_/.test(name) && !chatVariables.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, chatVariables);
      // Others may well have variables of their own for their chat; only a typing error is worth stopping for.
      return meant === undefined
        ? []
        : [`The environment variable ${name} is not used; did you mean ${meant}?`];
    });
}
