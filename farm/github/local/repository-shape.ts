/** The repository that a local GitHub has, and the address under which it serves it. */
export interface Repository {
  readonly owner: string;
  readonly repo: string;
  readonly branch: string;
  readonly baseUrl: string;
}

const USER_LINKS = [
  "avatar_url",
  "events_url",
  "followers_url",
  "following_url",
  "gists_url",
  "html_url",
  "organizations_url",
  "received_events_url",
  "repos_url",
  "starred_url",
  "subscriptions_url",
] as const;

const REPOSITORY_LINKS = [
  "archive_url",
  "assignees_url",
  "blobs_url",
  "branches_url",
  "collaborators_url",
  "comments_url",
  "commits_url",
  "compare_url",
  "contents_url",
  "contributors_url",
  "deployments_url",
  "downloads_url",
  "events_url",
  "forks_url",
  "git_commits_url",
  "git_refs_url",
  "git_tags_url",
  "hooks_url",
  "html_url",
  "issue_comment_url",
  "issue_events_url",
  "issues_url",
  "keys_url",
  "labels_url",
  "languages_url",
  "merges_url",
  "milestones_url",
  "notifications_url",
  "pulls_url",
  "releases_url",
  "stargazers_url",
  "statuses_url",
  "subscribers_url",
  "subscription_url",
  "tags_url",
  "teams_url",
  "trees_url",
] as const;

export function apiUrl({ baseUrl, owner, repo }: Repository): string {
  return `${baseUrl}/repos/${owner}/${repo}`;
}

/** GitHub gives an account with everything; the links lead nowhere here. */
export function userShape({ baseUrl, owner }: Repository) {
  const url = `${baseUrl}/users/${owner}`;
  return {
    id: 1,
    node_id: "local-user",
    login: owner,
    gravatar_id: "",
    type: "User",
    site_admin: false,
    url,
    ...linksUnder(url, USER_LINKS),
  };
}

export function repositoryShape(repository: Repository) {
  const { owner, repo } = repository;
  const url = apiUrl(repository);
  return {
    id: 1,
    node_id: "local-repository",
    name: repo,
    full_name: `${owner}/${repo}`,
    owner: userShape(repository),
    private: true,
    description: null,
    fork: false,
    url,
    ...linksUnder(url, REPOSITORY_LINKS),
  };
}

function linksUnder<K extends string>(url: string, names: readonly K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, `${url}/${name.replace(/_url$/, "")}`])) as Record<
    K,
    string
  >;
}
