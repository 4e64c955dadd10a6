/** What went wrong at GitHub, as far as it decides what to do next. */
export type GitHubProblem =
  | "unauthorised"
  | "forbidden"
  | "not-found"
  | "refused"
  | "rate-limited"
  | "conflict"
  | "unavailable"
  | "unreachable"
  | "unknown-run";

/** The message is one sentence for people and says what to do; it never holds the token. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  readonly problem: GitHubProblem;
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: GitHubProblem, message: string, retryAfterSeconds?: number) {
    super(message);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
