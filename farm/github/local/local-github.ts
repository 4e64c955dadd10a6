import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { serveApi } from "../../../src/api/serve.ts";
import { runCommand } from "../../build/command.ts";
import { takeLock } from "../../build/file-lock.ts";
import { FarmError } from "../../build/kube.ts";
import { OUT, ROOT } from "../../build/out-folder.ts";
import type { RunWorkflow } from "../../workflow/workflow-run.ts";
import type { GitHubSettings } from "../settings.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createRoutes } from "./routes.ts";
import { openRunStore } from "./run-store.ts";
import { createRuns } from "./runs.ts";

export interface LocalGitHubOptions {
  /** What executes a run. */
  readonly runWorkflow: RunWorkflow;
  /** The workflow that is dispatched by these settings; every file of the folder is served. */
  readonly workflow?: string;
  readonly workflows?: string;
  /** Where runs are kept. */
  readonly folder?: string;
  /** Any free port when absent. */
  readonly port?: number;
  readonly maxConcurrent?: number;
  readonly dispatchesPerMinute?: number;
  /** False: answers every dispatch with 204, as older servers do. */
  readonly namesRuns?: boolean;
  readonly now?: () => number;
}

export interface LocalGitHub {
  /** For `createGitHub`. The token is new with every start. */
  readonly settings: GitHubSettings;
  /** Cancels what runs, waits for it, and ends. */
  close(): Promise<void>;
}

/** Serves the used part of GitHub's REST API on the loopback address and executes runs on this machine. */
export async function startLocalGitHub(options: LocalGitHubOptions): Promise<LocalGitHub> {
  const now = options.now ?? Date.now;
  const folder = options.folder ?? join(OUT, "github");
  const giveBack = await lockFolder(folder);
  try {
    const store = openRunStore(folder, now());
    const runs = createRuns({
      store,
      runWorkflow: options.runWorkflow,
      maxConcurrent: options.maxConcurrent ?? 2,
      now,
    });
    const settings = {
      token: randomBytes(32).toString("base64url"),
      owner: "local",
      repo: "build-medic",
      workflow: options.workflow ?? "build.yml",
      ref: "main",
    };
    const repository = { owner: settings.owner, repo: settings.repo, branch: settings.ref, baseUrl: "" };
    const app = createRoutes({
      token: settings.token,
      store,
      runs,
      repository,
      workflows: options.workflows ?? join(ROOT, ".github", "workflows"),
      sha: checkedOut,
      takeTurn: createRateLimit(options.dispatchesPerMinute ?? 20, now),
      namesRuns: options.namesRuns ?? true,
    });
    const server = await serveApi(app, { host: "127.0.0.1", port: options.port ?? 0 });
    repository.baseUrl = server.url;
    return {
      settings: { ...settings, baseUrl: server.url },
      close: async () => {
        await server.close();
        await runs.close();
        await giveBack();
      },
    };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** Two servers on one folder would cancel each other's runs. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const turn = new AbortController();
  try {
    return await takeLock(join(folder, "lock"), { onWait: () => turn.abort(), signal: turn.signal });
  } catch (error) {
    if (!turn.signal.aborted) throw error;
    throw new FarmError(`Another console runs builds in ${folder}; use that one, or stop it first.`);
  }
}

async function checkedOut(): Promise<string> {
  const { code, stdout } = await runCommand("git", ["-C", ROOT, "rev-parse", "HEAD"]);
  const sha = stdout.trim();
  return code === 0 && /^[0-9a-f]{40}$/.test(sha) ? sha : "0".repeat(40);
}
