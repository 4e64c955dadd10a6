import { query, type Options, type Query, type SDKMessage } from "@anthropic-ai/claude-agent-sdk";
import type { Call, Clock } from "../controllers/ports.ts";
import { messageOf } from "../lib/medic-error.ts";
import { createAttestation } from "./attest-init.ts";
import { childEnvironment } from "./child-environment.ts";
import { createEpisodeAccount, type EpisodeAccount } from "./episode-account.ts";
import { createEpisodeBrake, type EpisodeBrake } from "./episode-brake.ts";
import { createEpisodeChild, type EpisodeChild } from "./episode-child.ts";
import { episodeOptions, fullName } from "./episode-options.ts";
import type { EpisodeRequest, EpisodeRunnerOptions } from "./episode-request.ts";
import { createToolRuns, type ToolRuns } from "./tool-runs.ts";

/** What a session left: what it used, and why it was stopped if it did not end by itself. */
export interface SessionEnd {
  readonly account: EpisodeAccount;
  readonly stopped: EpisodeBrake["stopped"];
}

/** What runs a session: the runner's options, all given, and the SDK's program. */
export type SessionSetup = Required<EpisodeRunnerOptions> & { readonly program: string };

interface Session {
  readonly setup: SessionSetup;
  readonly folder: string;
  readonly request: EpisodeRequest;
  readonly clock: Clock;
  readonly account: EpisodeAccount;
  readonly brake: EpisodeBrake;
  readonly child: EpisodeChild;
  readonly runs: ToolRuns;
  query?: Query;
}

/** What the SDK may take to notice that its process is gone. */
const noticeMs = 2000;
/** What a tool may take to come to an end when the episode has. */
const toolEndMs = 10_000;

/** One session with the model in a folder of its own; afterwards its process is gone and no tool of it runs. */
export async function runSession(
  folder: string,
  setup: SessionSetup,
  request: EpisodeRequest,
  call: Call,
): Promise<SessionEnd> {
  const session = begin(folder, setup, request);
  const { brake, account } = session;
  const disarm = arm(session, call);
  let failure: unknown;
  try {
    if (brake.stopped === undefined) {
      session.query = query({ prompt: request.prompt, options: optionsOf(session) });
      failure = await follow(session.query, session);
    }
  } catch (error) {
    failure = error;
  }
  disarm();
  await finish(session, failure);
  return { account, stopped: brake.stopped };
}

function begin(folder: string, setup: SessionSetup, request: EpisodeRequest): Session {
  const { clock, workDir } = setup;
  const child = createEpisodeChild({ workDir, incident: request.incident, folder });
  const brake = createEpisodeBrake({
    clock,
    onLatch: () => request.onLatch(),
    interrupt: async () => session.query?.interrupt(),
    kill: () => child.kill(),
  });
  const runs = createToolRuns(brake);
  const session: Session = {
    setup,
    folder,
    request,
    clock,
    account: createEpisodeAccount(),
    brake,
    child,
    runs,
  };
  return session;
}

/** Stops the session at its deadline and when the call is aborted; returns what takes both back. */
function arm({ request, clock, brake, account }: Session, { signal }: Call): () => void {
  const { timeoutMs } = request.limits;
  const stop = (reason: "aborted" | "deadline", detail: string): void =>
    brake.stop(reason, detail, account.began ? undefined : "at-once");
  const abort = (): void => stop("aborted", "The episode was called off.");
  const cancel = clock.after(timeoutMs, () =>
    stop("deadline", `The episode was stopped after ${timeoutMs / 1000} s.`),
  );
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return () => {
    cancel();
    signal.removeEventListener("abort", abort);
  };
}

function optionsOf({ setup, request, folder, brake, child, runs }: Session): Options {
  const { provider, environment, program } = setup;
  return episodeOptions({
    ...request,
    folder,
    program,
    env: childEnvironment({ provider, environment, folder }),
    runTool: runs.run,
    spawn: (options) => child.spawn(options),
    canUse: (name, input) =>
      brake.latched ? { allowed: false, why: "The episode is being stopped." } : request.canUse(name, input),
  });
}

/** Resolves with what the iterator threw; after a result with an error it always throws. */
async function follow(messages: Query, session: Session): Promise<unknown> {
  let cancel = (): void => {};
  const abandoned = session.child.gone.then(
    () =>
      new Promise<undefined>((resolve) => {
        cancel = session.clock.after(noticeMs, () => resolve(undefined));
      }),
  );
  const failure = await Promise.race([seeAll(messages, session), abandoned]);
  cancel();
  return failure;
}

async function seeAll(messages: Query, session: Session): Promise<unknown> {
  const { tools, limits } = session.request;
  const mismatch = createAttestation({
    model: limits.model,
    tools: tools.map(fullName),
    servers: [...new Set(tools.map(({ server }) => server))],
  });
  try {
    for await (const message of messages) {
      const different = mismatch(message);
      if (different !== undefined) session.brake.stop("wrong-tools", different, "at-once");
      see(message, session);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

function see(message: SDKMessage, { account, brake, request }: Session): void {
  account.see(message);
  if (message.type === "result") brake.ended();
  try {
    request.onMessage(message);
  } catch (error) {
    brake.stop("crashed", `The episode could not be recorded: ${messageOf(error)}`, "at-once");
  }
}

/** Until the process is gone and no tool runs any more. */
async function finish({ brake, child, clock, account, runs }: Session, failure: unknown): Promise<void> {
  if (account.result === undefined) {
    const words = [failure === undefined ? "" : messageOf(failure), child.lastErrors()].filter(
      (text) => text !== "",
    );
    brake.stop("crashed", `The agent ended without a result: ${words.join("; ")}`, "at-once");
  }
  brake.latch();
  await child.gone;
  await within(toolEndMs, clock, runs.idle());
  brake.release();
}

async function within(ms: number, clock: Clock, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([work, late]);
  cancel();
}
