import { isLoopback } from "../../src/api/guard.ts";
import type { Model } from "../build/expectations.ts";
import { UsageError } from "../build/kube.ts";
import { readModel } from "../build/model.ts";
import { integer } from "../build/options.ts";
import { readGitHubSettings } from "../github/settings.ts";
import type { GitHubSettings } from "../github/settings.ts";
import { SHORTEST_TOKEN, newToken } from "./sessions.ts";

/** The flags of `farm console` as they were typed. */
export interface ConsoleFlags {
  readonly port?: string;
  readonly host?: string;
  readonly model?: string;
  readonly kubeconfig?: string;
  readonly newToken?: boolean;
}

export interface ConsoleOptions {
  readonly port: number;
  readonly host: string;
  readonly model: Model;
  readonly kubeconfig?: string;
  /** Absent: builds run on this machine. */
  readonly github?: GitHubSettings;
  /** Who uses the console must have it; absent on loopback. */
  readonly token?: string;
  /** The token was made just now, and nobody knows it yet. */
  readonly tellToken: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_PORT = 8090;

/** Checks flags and environment. Throws `UsageError` with one sentence, which never repeats a token. */
export function readConsoleOptions(flags: ConsoleFlags, environment: Environment): ConsoleOptions {
  const host = flags.host ?? "127.0.0.1";
  const github = readGitHubSettings(environment);
  const given = environment["CONSOLE_TOKEN"] ?? "";
  const made = flags.newToken === true ? newToken() : undefined;
  const token = made ?? (given === "" ? undefined : checked(given));
  if (token === undefined && !isLoopback(host)) {
    throw new UsageError(
      `On ${host} others could start builds: set CONSOLE_TOKEN to at least ${SHORTEST_TOKEN} characters, or pass --new-token to have one made and printed once.`,
    );
  }
  return {
    port: integer("--port", flags.port ?? String(DEFAULT_PORT), 0, 65_535),
    host,
    model: readModel(flags.model, environment),
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(github === undefined ? {} : { github }),
    ...(token === undefined ? {} : { token }),
    tellToken: made !== undefined,
  };
}

function checked(token: string): string {
  if (token.length >= SHORTEST_TOKEN && /^[\x21-\x7E]+$/.test(token)) return token;
  throw new UsageError(
    `CONSOLE_TOKEN has at least ${SHORTEST_TOKEN} characters, none of them a space or a letter with an accent.`,
  );
}
