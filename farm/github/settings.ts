import { UsageError } from "../build/kube.ts";

/** Where builds are started: a repository of GitHub, or of the local one, and who asks. */
export interface GitHubSettings {
  readonly baseUrl: string;
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  /** The workflow's file name. */
  readonly workflow: string;
  /** The branch or tag whose workflow file is run. */
  readonly ref: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads them from the environment. `undefined` without GITHUB_REPOSITORY: no GitHub is meant. Throws `UsageError` with
 * one sentence that never repeats the token.
 */
export function readGitHubSettings(environment: Environment): GitHubSettings | undefined {
  const repository = environment["GITHUB_REPOSITORY"] ?? "";
  if (repository === "") return undefined;
  const [, owner, repo] = /^([\w-]{1,39})\/([\w.-]{1,100})$/.exec(repository) ?? [];
  if (owner === undefined || repo === undefined || /^\.+$/.test(repo)) {
    throw new UsageError(`GITHUB_REPOSITORY is "owner/name", not "${repository}".`);
  }
  return {
    baseUrl: baseUrlOf(environment["GITHUB_API_URL"] || "https://api.github.com"),
    token: tokenOf(environment["GITHUB_TOKEN"] ?? ""),
    owner,
    repo,
    workflow: workflowOf(environment["FARM_WORKFLOW"] || "build.yml"),
    ref: environment["FARM_REF"] || "main",
  };
}

function tokenOf(text: string): string {
  const token = text.trim();
  if (token === "") {
    throw new UsageError(
      "GITHUB_REPOSITORY is set but GITHUB_TOKEN is not; set it to a token with Actions: write on that repository, or unset both to run builds here.",
    );
  }
  if (!/^[\x21-\x7E]+$/.test(token)) throw new UsageError("GITHUB_TOKEN has characters no token has.");
  return token;
}

/** A token goes over the network in clear text only to this machine itself. */
function baseUrlOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    throw new UsageError("GITHUB_API_URL is no address; it looks like https://api.github.com.");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError("GITHUB_API_URL is an address alone, without credentials or parameters.");
  }
  if (url.protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) {
    throw new UsageError("GITHUB_API_URL must begin with https://, as the token is sent there.");
  }
  return url.href.replace(/\/+$/, "");
}

function workflowOf(name: string): string {
  if (/^(?:[\w-][\w.-]*\.ya?ml|\d{1,15})$/.test(name)) return name;
  throw new UsageError(`FARM_WORKFLOW is a file's name such as build.yml, not "${name}".`);
}
