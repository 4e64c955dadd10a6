import { z } from "zod";
import type { Json } from "../../src/core/json.ts";
import type { Incident } from "../../src/core/incident.ts";
import { isClosed } from "../../src/core/incident.ts";
import type { Model } from "../build/expectations.ts";
import { FarmError } from "../build/kube.ts";
import { answersHealth } from "../build/medic-address.ts";
import type { Board } from "./board.ts";
import { buildId } from "./build-facts.ts";
import type { BuildFacts } from "./build-facts.ts";
import { turnsOf } from "./episode-turns.ts";
import { sleep } from "../build/sleep.ts";

/** A medic that the console looks at. */
export interface MedicPlace {
  readonly url: string;
  /** Who plays tier 2; absent where the medic is somebody else's. */
  readonly model?: Model;
}

export interface MedicWatch {
  /** `undefined` while none answers. */
  place(): MedicPlace | undefined;
  problem(): string | undefined;
  /** Ends when aborted; rejects only for a bug. */
  readonly ended: Promise<void>;
}

export interface MedicWatchOptions {
  /** Where the medic is, started if that is the console's part. Rejects with a sentence for people. */
  readonly find: () => Promise<MedicPlace>;
  readonly board: Board;
  readonly signal: AbortSignal;
  readonly onRound: () => void;
}

const EVERY_MS = 1500;
/** After so many rounds without an answer it is looked for, and perhaps started, anew. */
const DEAF_ROUNDS = 4;
const ANSWER_LIMIT_MS = 3000;
const TRANSCRIPT_SOUGHT_MS = 60_000;

/** Looks whether the medic answers, and reads the turns of episodes from it. */
export function watchMedic(options: MedicWatchOptions): MedicWatch {
  const state: State = { found: undefined, well: false, problem: "it has not been looked for yet" };
  return {
    place: () => (state.well ? state.found : undefined),
    problem: () => state.problem,
    ended: follow(options, state),
  };
}

interface State {
  found: MedicPlace | undefined;
  well: boolean;
  problem: string | undefined;
}

async function follow({ find, board, signal, onRound }: MedicWatchOptions, state: State): Promise<void> {
  let deaf = DEAF_ROUNDS;
  while (!signal.aborted) {
    if (deaf >= DEAF_ROUNDS) {
      await search(find, state);
      deaf = 0;
    }
    state.well = state.found !== undefined && (await answersHealth(state.found.url));
    deaf = state.well ? 0 : deaf + 1;
    if (state.well && state.found !== undefined) {
      state.problem = undefined;
      await readTurns(state.found.url, board);
    } else if (state.found !== undefined) {
      state.problem = `no medic answers at ${state.found.url}`;
    }
    onRound();
    await sleep(EVERY_MS, signal);
  }
}

async function search(find: () => Promise<MedicPlace>, state: State): Promise<void> {
  try {
    state.found = await find();
  } catch (error) {
    if (!(error instanceof FarmError)) throw error;
    state.found = undefined;
    state.problem = error.message;
  }
}

async function readTurns(url: string, board: Board): Promise<void> {
  for (const facts of board.facts()) {
    for (const incident of facts.incidents.filter((one) => needsTurns(one, facts))) {
      const transcript = await transcriptOf(url, incident.name);
      if (transcript === undefined) continue;
      board.takeTurns(buildId(facts.run), incident.name, turnsOf(transcript));
    }
  }
}

/** Again and again while the episode goes on, and once more after its end. */
function needsTurns({ name, status }: Incident, { turns }: BuildFacts): boolean {
  const { episode, phase } = status;
  if (episode === undefined || episode.startedAt === undefined) return false;
  if (episode.endedAt === undefined && !isClosed(phase)) return true;
  // Another medic, or a later one, may not have the transcript.
  const fresh = Date.now() - (episode.endedAt ?? 0) < TRANSCRIPT_SOUGHT_MS;
  return fresh && (turns[name]?.length ?? 0) < episode.turns;
}

const answerSchema = z.looseObject({ transcript: z.array(z.unknown()).optional() });

async function transcriptOf(url: string, incident: string): Promise<Json | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/incidents/${encodeURIComponent(incident)}`, {
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const answer = answerSchema.safeParse(await response.json());
    return response.ok ? (answer.data?.transcript as Json | undefined) : undefined;
  } catch {
    // It is gone, or slow: the next round asks again.
    return undefined;
  }
}
