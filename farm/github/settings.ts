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
