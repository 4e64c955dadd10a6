import { GitHubError } from "./github-error.ts";
import type { GitHubSettings } from "./settings.ts";

/** What Octokit throws, as far as it is used: without a response nobody answered. */
interface Failure {
  readonly status?: number;
  readonly message: string;
  readonly response?: {
    readonly headers?: Readonly<Record<string, string | number | undefined>>;
    readonly data?: unknown;
  };
}

interface Context {
  /** What was tried: "start a build". */
  readonly doing: string;
  readonly settings: GitHubSettings;
  readonly now: () => number;
}

/** Turns whatever a call threw into one sentence that says what to do. */
export function explain(error: unknown, context: Context): GitHubError {
  if (error instanceof GitHubError) return error;
  const failure = asFailure(error);
  const { response } = failure;
  if (response === undefined) return unreachable(failure, context);
  const retryAfter = retryAfterOf(response.headers ?? {}, context.now());
  if (isRateLimit(failure, retryAfter)) return rateLimited(retryAfter, context);
  return answered(failure, context);
}

function asFailure(error: unknown): Failure {
  return error instanceof Error ? error : { message: String(error) };
}

function unreachable(failure: Failure, { doing, settings }: Context): GitHubError {
  const why = /timeout|aborted/i.test(failure.message) ? "no answer in time" : failure.message;
  return problem(
    "unreachable",
    settings,
  )(`Cannot ${doing}: ${settings.baseUrl} cannot be reached (${why}); check the network and GITHUB_API_URL.`);
}

function answered(failure: Failure, { doing, settings }: Context): GitHubError {
  const { owner, repo, workflow, ref } = settings;
  const said = sentenceOf(failure.response?.data);
  const status = failure.status ?? 500;
  if (status === 401) {
    return problem(
      "unauthorised",
      settings,
    )(`Cannot ${doing}: GitHub does not accept the token; set GITHUB_TOKEN to one that is valid.`);
  }
  if (status === 403) {
    return problem(
      "forbidden",
      settings,
    )(
      `Cannot ${doing}: the token may not do that in ${owner}/${repo}${said}; give it the permission Actions: write there.`,
    );
  }
  if (status === 404) {
    return problem(
      "not-found",
      settings,
    )(
      `Cannot ${doing}: GitHub finds no such thing in ${owner}/${repo}; check GITHUB_REPOSITORY and FARM_WORKFLOW (${workflow} must be on the default branch), and that the token reaches that repository.`,
    );
  }
  if (status === 409) {
    return problem("conflict", settings)(`Cannot ${doing}: GitHub says it is too late or too early${said}.`);
  }
  if (status === 422) {
    return problem(
      "refused",
      settings,
    )(
      `Cannot ${doing}: GitHub refuses it${said}; check FARM_REF (${ref}) and that ${workflow} has these inputs there.`,
    );
  }
  if (status >= 500) {
    return problem(
      "unavailable",
      settings,
    )(`Cannot ${doing}: GitHub has trouble of its own (status ${status}); try again in a minute.`);
  }
  return problem("refused", settings)(`Cannot ${doing}: GitHub answered with status ${status}${said}.`);
}

function rateLimited(retryAfter: number | undefined, { doing, settings }: Context): GitHubError {
  const seconds = retryAfter ?? 60;
  const message = `Cannot ${doing}: GitHub's rate limit is used up; try again in ${seconds} s.`;
  return new GitHubError("rate-limited", withoutToken(message, settings), seconds);
}

function problem(kind: GitHubError["problem"], settings: GitHubSettings): (message: string) => GitHubError {
  return (message) => new GitHubError(kind, withoutToken(message, settings));
}

/** The primary limit is told by a counter at zero, the secondary one by the time to wait or by its words. */
function isRateLimit(failure: Failure, retryAfter: number | undefined): boolean {
  if (failure.status === 429) return true;
  if (failure.status !== 403) return false;
  return retryAfter !== undefined || /rate limit/i.test(sentenceOf(failure.response?.data));
}

function retryAfterOf(
  headers: Readonly<Record<string, string | number | undefined>>,
  now: number,
): number | undefined {
  const wait = Number(headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(wait)) return Math.max(1, Math.ceil(wait));
  if (String(headers["x-ratelimit-remaining"]) !== "0") return undefined;
  const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(1, Math.ceil(reset - now / 1000)) : undefined;
}

/** What GitHub itself said, as a clause; what is no JSON object of its kind says nothing. */
function sentenceOf(data: unknown): string {
  if (typeof data !== "object" || data === null || !("message" in data)) return "";
  const words = String(data.message).replaceAll(/\s+/g, " ").replace(/\.$/, "").trim().slice(0, 300);
  return words === "" ? "" : ` ("${words}")`;
}

function withoutToken(text: string, { token }: GitHubSettings): string {
  return token === "" ? text : text.replaceAll(token, "***");
}
