import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildStarter } from "../../../farm/github/build-starter.ts";
import { createGitHub } from "../../../farm/github/create-github.ts";
import type { LocalGitHubOptions } from "../../../farm/github/local/local-github.ts";
import { startLocalGitHub } from "../../../farm/github/local/local-github.ts";
import type { GitHubSettings } from "../../../farm/github/settings.ts";
import { createScriptedRunner } from "./scripted-runner.ts";
import type { ScriptedRunner } from "./scripted-runner.ts";

export const WORKFLOWS = fileURLToPath(new URL("workflows", import.meta.url));

interface Ask extends RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A local GitHub of a test, with a runner that does as the test says and a client. */
export interface TestGitHub extends AsyncDisposable {
  readonly settings: GitHubSettings;
  readonly github: BuildStarter;
  readonly runner: ScriptedRunner;
  readonly folder: string;
  /** A request of a program that needs no client. */
  ask(path: string, init?: Ask): Promise<Response>;
  close(): Promise<void>;
}

export async function startTestGitHub(options: Partial<LocalGitHubOptions> = {}): Promise<TestGitHub> {
  const runner = createScriptedRunner();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "build-medic-github-"));
  const local = await startLocalGitHub({
    runWorkflow: runner.runWorkflow,
    workflows: WORKFLOWS,
    ...options,
    folder,
  });
  const { settings } = local;
  return {
    settings,
    github: createGitHub(settings, { lookEveryMs: 20 }),
    runner,
    folder,
    ask: async (path, init = {}) =>
      fetch(`${settings.baseUrl}/repos/${settings.owner}/${settings.repo}${path}`, {
        redirect: "manual",
        ...init,
        headers: { authorization: `Bearer ${settings.token}`, ...init.headers },
      }),
    close: async () => local.close(),
    [Symbol.asyncDispose]: async () => {
      await local.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks until it is so. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) throw new Error(`It never came so: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
