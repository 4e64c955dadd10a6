import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Call, EpisodeEnd, EpisodeOutcome } from "../controllers/ports.ts";
import { capText } from "../core/cap-text.ts";
import { redact } from "../core/redact.ts";
import { systemClock } from "../lib/clock.ts";
import { messageOf } from "../lib/medic-error.ts";
import { endByResult } from "./episode-end.ts";
import type { EpisodeRequest, EpisodeRunner, EpisodeRunnerOptions } from "./episode-request.ts";
import { runSession, type SessionEnd, type SessionSetup } from "./episode-session.ts";
import { nativeBinary } from "./native-binary.ts";

export type { EpisodeRequest, EpisodeRunner, EpisodeRunnerOptions } from "./episode-request.ts";

const mostDetailBytes = 600;

/** A runner of episodes of the Agent SDK, the only door to it. Throws when the SDK's program is not installed. */
export function createEpisodeRunner(options: EpisodeRunnerOptions): EpisodeRunner {
  const setup = { redact, clock: systemClock, ...options, program: nativeBinary() };
  return { run: (request, call) => run(setup, request, call) };
}

async function run(setup: SessionSetup, request: EpisodeRequest, call: Call): Promise<EpisodeOutcome> {
  let folder: string | undefined;
  try {
    await mkdir(setup.workDir, { recursive: true });
    folder = await mkdtemp(join(setup.workDir, `${request.incident}-`));
    return outcomeOf(await runSession(folder, setup, request, call), request, setup);
  } catch (error) {
    latch(request);
    const words = `The agent could not be started: ${messageOf(error)}`;
    return { ...inWords("crashed", words, setup), ...nothingUsed };
  } finally {
    if (folder !== undefined) await remove(folder);
  }
}

function latch(request: EpisodeRequest): void {
  try {
    request.onLatch();
  } catch {
    // As when it is stopped later: whoever listens does not change how it ends.
  }
}

const nothingUsed = { turns: 0, tokens: 0, costUsd: 0, costKnown: true, lastText: "" };

/** Why it was stopped goes before what the SDK made of that. */
function outcomeOf(
  { account, stopped }: SessionEnd,
  request: EpisodeRequest,
  setup: SessionSetup,
): EpisodeOutcome {
  const { result } = account;
  const end =
    stopped === undefined && result !== undefined
      ? endByResult(result, request.limits)
      : { end: stopped?.reason ?? "crashed", detail: stopped?.detail ?? "" };
  return {
    ...inWords(end.end, end.detail, setup),
    ...account.used(),
    costKnown: stopped === undefined,
    lastText: setup.redact(account.lastText),
  };
}

function inWords(
  end: EpisodeEnd,
  detail: string,
  setup: SessionSetup,
): { readonly end: EpisodeEnd; readonly detail: string } {
  return { end, detail: capText(setup.redact(detail).replace(/\s+/g, " "), mostDetailBytes) };
}

/** A process that was just killed may still have a file open; what stays behind is removed with the work folder. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
}
