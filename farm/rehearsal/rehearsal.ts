import { loadCassettes } from "./cassette.ts";
import type { Cassette } from "./cassette.ts";
import { startMessagesApi } from "./messages-api.ts";
import type { ModelReply, ModelRequest } from "./messages-api.ts";
import { misbehave } from "./misbehaviour.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { replay } from "./replay.ts";
import type { Played, Subject } from "./replay.ts";

/** One episode that the rehearsal played in. */
export interface RehearsedEpisode extends Subject {
  readonly cassette: string;
  readonly turns: number;
  /** Its last turn was played. */
  readonly ended: boolean;
}

/** A turn that could not be played because something it rests on was not there. */
export interface RehearsalFailure extends Subject {
  readonly cassette: string;
  readonly turn: number;
  readonly message: string;
}

export interface Rehearsal {
  readonly url: string;
  /** What makes a medic ask the rehearsal instead of a model. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cassettes: readonly string[];
  readonly episodes: () => readonly RehearsedEpisode[];
  readonly failures: readonly RehearsalFailure[];
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

export interface RehearsalOptions {
  readonly port?: number;
  /** Default: those of the project. */
  readonly cassettes?: readonly Cassette[];
  /** Loopback unless told: the farm's own bridge, for a medic in a pod. */
  readonly host?: string;
  /** Instead of the cassettes, for tests. */
  readonly misbehaviour?: Misbehaviour;
  readonly report: (line: string) => void;
}

/** Starts the rehearsal: recorded turns, played to the real SDK. No model is behind it. */
export async function startRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const cassettes = options.cassettes ?? (await loadCassettes());
  const book = new Book(options.report);
  const { misbehaviour, port, host } = options;
  const api = await startMessagesApi({
    respond: misbehaviour === undefined ? playFrom(cassettes, book) : misbehave(misbehaviour),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
  });
  return {
    url: api.url,
    environment: environmentFor(api.url),
    cassettes: cassettes.map(({ name }) => name),
    episodes: () => [...book.episodes.values()],
    failures: book.failures,
    requests: api.requests,
    close: () => api.close(),
  };
}

function playFrom(cassettes: readonly Cassette[], book: Book): (request: ModelRequest) => ModelReply {
  return ({ body }) => {
    const played = replay(cassettes, body);
    if (played.kind === "lost") return refusal(book.lost(played));
    book.played(played);
    return { kind: "message", content: played.content };
  };
}

function refusal(message: string): ModelReply {
  return { kind: "error", status: 400, type: "invalid_request_error", message };
}

/** The SDK wants a key; a word that occurs nowhere else, for the medic masks its value wherever it stands. */
const NO_KEY = "no-key-the-turns-are-recorded";

function environmentFor(url: string): Record<string, string> {
  const exceptions = (process.env["NO_PROXY"] ?? process.env["no_proxy"] ?? "").split(",");
  const noProxy = [...new Set([...exceptions.filter((one) => one !== ""), "127.0.0.1"])].join(",");
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: NO_KEY, NO_PROXY: noProxy, no_proxy: noProxy };
}

/** What was played, for whoever asks later. */
class Book {
  readonly episodes = new Map<string, RehearsedEpisode>();
  readonly failures: RehearsalFailure[] = [];
  readonly #report: (line: string) => void;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  played(played: Extract<Played, { kind: "turn" }>): void {
    const calls = played.content.flatMap((block) => (block.type === "tool_use" ? [block.name] : []));
    this.#note(played, played.ends);
    this.#report(`the rehearsal: ${placeOf(played)}: ${calls.join(", ") || "the end"}`);
  }

  /** @returns what the medic is told. */
  lost(played: Extract<Played, { kind: "lost" }>): string {
    const { namespace, client, cassette, turn, missing } = played;
    const message = `REHEARSAL: cassette ${cassette}, turn ${turn}: missing ${missing}`;
    this.#note(played, false);
    // The SDK asks again after some errors: that is the same failure.
    const known = this.failures.some((one) => one.namespace === namespace && one.message === message);
    if (!known) {
      this.failures.push({ namespace, client, cassette, turn, message });
      this.#report(`the rehearsal FAILED: ${placeOf(played)}: missing ${missing}`);
    }
    return message;
  }

  #note({ namespace, client, cassette, turn }: Played, ended: boolean): void {
    this.episodes.set(`${namespace}/${client}`, { namespace, client, cassette, turns: turn, ended });
  }
}

function placeOf({ namespace, client, cassette, turn }: Played): string {
  return `namespace ${namespace}, client ${client}, cassette ${cassette}, turn ${turn}`;
}
