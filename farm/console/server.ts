import { Hono } from "hono";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { addPage } from "../../src/api/pages.ts";
import { problem } from "../../src/api/problem.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { messageOf } from "../../src/lib/medic-error.ts";
import { UsageError } from "../build/kube.ts";
import type { BuildStarter } from "../github/build-starter.ts";
import { GitHubError } from "../github/github-error.ts";
import { createAccess } from "./access.ts";
import type { Board } from "./board.ts";
import { buildId } from "./build-facts.ts";
import type { Asked } from "./build-facts.ts";
import { createRateLimit } from "./rate-limit.ts";
import { requestGuard } from "./request-guard.ts";
import type { Sessions } from "./sessions.ts";
import { readStartRequest } from "./start-request.ts";
import { createStream } from "./stream.ts";
import type { Piece } from "./stream.ts";
import type { FarmView } from "./view.ts";

export interface ConsoleDeps {
  readonly board: Board;
  readonly starter: BuildStarter;
  readonly farm: () => FarmView;
  /** Told of every change of the farm's own view. */
  readonly subscribeFarm: (listener: () => void) => () => void;
  /** A build was started or cancelled. */
  readonly onStarted: () => void;
  /** What a build gets besides what was asked for: who plays tier 2. */
  readonly complete: (asked: Asked) => Asked;
  readonly freshSeed: () => number;
  readonly now: () => number;
  /** The address that the server listens on. */
  readonly host: string;
  readonly port: number;
  /** Absent where no token is needed. */
  readonly sessions: Sessions | undefined;
  /** Never shown, whatever it stands in. */
  readonly secrets: readonly string[];
  readonly log: (line: string) => void;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

const MOST_BODY_BYTES = 4096;
/** A person who starts builds as fast as the form allows stays below. */
const STARTS = { burst: 6, everyMs: 10_000 };
const WRONG_TOKENS = { burst: 10, everyMs: 6000 };

/** The console's HTTP surface: its page, what it shows, and two things that can be done: start a build, cancel one. */
export function createConsole(deps: ConsoleDeps): Hono {
  const { board, now } = deps;
  const redactor = createRedactor({ known: deps.secrets });
  const access = createAccess({
    sessions: deps.sessions,
    attempts: createRateLimit({ ...WRONG_TOKENS, now }),
    cookie: `farm-console-${deps.port}`,
  });
  const app = new Hono();
  app.use(requestGuard(deps.host));
  app.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: tooLong }));
  app.get("/healthz", (context) => context.text("ok\n"));
  addPage(app, "console");
  app.get("/api/v1/session", access.show);
  app.post("/api/v1/session", access.open);
  app.post("/api/v1/session/end", access.close);
  app.use("/api/*", access.check);
  app.get("/api/v1/farm", (context) => context.json(redactor.json(deps.farm())));
  app.get("/api/v1/builds", (context) => context.json(redactor.json({ builds: board.views() })));
  app.get("/api/v1/builds/:id", (context) => {
    const build = board.view(context.req.param("id"));
    return build === undefined ? unknownBuild(context) : context.json(redactor.json(build));
  });
  app.get("/api/v1/stream", createStream({ ...streamOf(deps), redactor, signal: deps.signal }));
  app.post("/api/v1/builds", startBuild(deps));
  app.post("/api/v1/builds/:id/cancel", cancelBuild(deps));
  app.notFound((context) =>
    problem(context, 404, "Not found", "There is nothing here; the API is under /api/v1."),
  );
  app.onError((error, context) => {
    const { status, title, detail } = refusalOf(error);
    if (status === 500) deps.log(`request failed: ${redactor.text(messageOf(error))}`);
    if (error instanceof GitHubError && error.retryAfterSeconds !== undefined)
      context.header("retry-after", String(error.retryAfterSeconds));
    return problem(context, status, title, redactor.text(detail));
  });
  return app;
}

function startBuild(deps: ConsoleDeps): (context: Context) => Promise<Response> {
  const starts = createRateLimit({ ...STARTS, now: deps.now });
  return async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const asked = deps.complete(readStartRequest(body, deps.freshSeed));
    const { mostBuilds } = deps.farm();
    const underWay = deps.board.facts().filter(({ run }) => run.status !== "completed").length;
    if (underWay >= mostBuilds)
      return busy(context, 10, `${underWay} builds are under way; wait for one of them, or cancel it.`);
    const waitMs = starts.take();
    if (waitMs > 0) return busy(context, Math.ceil(waitMs / 1000), "Too many builds at once; wait a little.");
    const { fault: _, model: __, ...request } = asked;
    const { runId } = await deps.starter.dispatch(request);
    const run = await deps.starter.run(runId);
    deps.board.takeRun(run, asked);
    deps.board.look();
    deps.onStarted();
    deps.log(
      `build ${runId} started: ${asked.mode}, medic ${asked.medic ? "on" : "off"}, seed ${asked.seed}`,
    );
    return context.json({ id: buildId(run) }, 202);
  };
}

function cancelBuild({
  board,
  starter,
  onStarted,
  log,
}: ConsoleDeps): (context: Context) => Promise<Response> {
  return async (context) => {
    const id = context.req.param("id") ?? "";
    const facts = board.get(id);
    if (facts === undefined) return unknownBuild(context);
    if (facts.run.status === "completed")
      return problem(context, 409, "Conflict", "This build is over; there is nothing to cancel.");
    await starter.cancel(facts.run.id);
    board.cancelling(id);
    board.look();
    onStarted();
    log(`build ${facts.run.id} cancelled`);
    return context.json({ id }, 202);
  };
}

function streamOf(deps: ConsoleDeps): {
  all(): Piece[];
  subscribe(listener: (piece: Piece) => void): () => void;
} {
  const farm = (): Piece => ({ event: "farm", key: "farm", data: deps.farm() });
  return {
    all: () => [
      farm(),
      ...deps.board.views().map((build): Piece => ({ event: "build", key: build.id, data: build })),
    ],
    subscribe: (listener) => {
      const ends = [
        deps.subscribeFarm(() => listener(farm())),
        deps.board.subscribe((change) =>
          listener(
            change.type === "build"
              ? { event: "build", key: change.build.id, data: change.build }
              : { event: "gone", key: change.id, data: { id: change.id } },
          ),
        ),
      ];
      return () => ends.forEach((end) => end());
    },
  };
}

interface Refusal {
  readonly status: 400 | 429 | 500 | 502 | 503;
  readonly title: string;
  readonly detail: string;
}

/** What went wrong in words for people; what is a bug, the log alone tells. */
function refusalOf(error: Error): Refusal {
  if (error instanceof UsageError) return { status: 400, title: "Bad request", detail: error.message };
  if (error instanceof GitHubError) {
    const status = error.problem === "rate-limited" ? 429 : error.problem === "refused" ? 400 : 502;
    return { status, title: "GitHub did not do it", detail: error.message };
  }
  return { status: 500, title: "Internal error", detail: "The request failed; the console's log says why." };
}

function unknownBuild(context: Context): Response {
  return problem(context, 404, "Not found", "There is no such build; /api/v1/builds lists them.");
}

function busy(context: Context, seconds: number, detail: string): Response {
  context.header("retry-after", String(seconds));
  return problem(context, 429, "Too many builds", detail);
}

function tooLong(context: Context): Response {
  return problem(context, 413, "Too long", `At most ${MOST_BODY_BYTES} bytes are taken.`);
}
