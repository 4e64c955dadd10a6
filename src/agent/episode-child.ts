import { spawn, type ChildProcess } from "node:child_process";
import type { SpawnedProcess, SpawnOptions } from "@anthropic-ai/claude-agent-sdk";
import { forgetChild, recordChild } from "./orphans.ts";

/** The agent's process, kept so that it can be killed at once: the SDK's own ways leave it seconds to go on asking. */
export interface EpisodeChild {
  /** What the SDK starts it by. */
  spawn(options: SpawnOptions): SpawnedProcess;
  /** Kills it, or keeps it from being started. */
  kill(): void;
  /** Resolves when it is gone, or will never be started. */
  readonly gone: Promise<void>;
  /** The end of what it wrote to its standard error. */
  lastErrors(): string;
}

const keptErrors = 2000;

/** The child of one episode; its process id stands in `<workDir>/<incident>.child` while it lives. */
export function createEpisodeChild(episode: {
  readonly workDir: string;
  readonly incident: string;
  readonly folder: string;
}): EpisodeChild {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  let child: ChildProcess | undefined;
  let wanted = true;
  let errors = "";

  return {
    spawn({ command, args, cwd, env }) {
      if (!wanted || child !== undefined) throw new Error("The agent's process is not wanted any more.");
      // A process group of its own: Ctrl-C in a terminal is the medic's to act on.
      const started = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
      child = started;
      const ended = (): void => {
        forgetChild(episode.workDir, episode.incident);
        resolve();
      };
      started.once("exit", ended);
      started.once("error", ended);
      // A pipe that nobody reads fills up and stops the child; one that breaks must not stop us.
      started.stderr.setEncoding("utf8").on("data", (text: string) => {
        errors = (errors + text).slice(-keptErrors);
      });
      started.stdin.on("error", () => {});
      if (started.pid !== undefined) {
        recordChild(episode.workDir, episode.incident, { pid: started.pid, folder: episode.folder });
      }
      return started;
    },
    kill() {
      wanted = false;
      if (child === undefined) resolve();
      else child.kill("SIGKILL");
    },
    gone,
    lastErrors: () => errors.trim(),
  };
}
