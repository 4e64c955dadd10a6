import type { Clock, Log } from "../controllers/ports.ts";
import { Backoff, wait } from "../kube/wait.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";

/** An API server that has just come back refuses accounts and forgets kinds for a moment, until it has read its own store. */
const SETTLES_MS = 30_000;
/** Said at once, then after this, then at twice the time each. */
const SAY_AGAIN_MS = 10_000;
const SAY_AT_LEAST_MS = 10 * 60_000;

export interface AwaitOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told of what keeps it waiting, in one sentence, at each try. */
  readonly onWait: (problem: string) => void;
}

/**
 * What the question resolves with, asked for as long as the API server is away: a medic that starts in an outage is there
 * when it ends. Rejects with what another try cannot change: wrong credentials, a missing CRD, namespace or right.
 */
export async function awaitCluster<T>(ask: () => Promise<T>, options: AwaitOptions): Promise<T> {
  const { clock, log, signal, onWait } = options;
  const backoff = new Backoff({ firstMs: 1000, maxMs: 5000, random: Math.random });
  const beganAt = clock.now();
  const waitedSeconds = (): number => Math.round((clock.now() - beganAt) / 1000);
  let awayAt: number | undefined;
  let sayAt = -Infinity;
  let silenceMs = SAY_AGAIN_MS;
  for (;;) {
    try {
      const answer = await ask();
      if (awayAt !== undefined) log.info("the API server answers", { waitedSeconds: waitedSeconds() });
      return answer;
    } catch (error) {
      if (signal.aborted) throw error;
      const now = clock.now();
      if (error instanceof MedicError && error.retriable) awayAt = now;
      else if (awayAt === undefined || now - awayAt > SETTLES_MS) throw error;
      const problem = messageOf(error);
      onWait(problem);
      if (now >= sayAt) {
        log.warn("waiting for the API server", { problem, waitedSeconds: waitedSeconds() });
        sayAt = now + silenceMs;
        silenceMs = Math.min(2 * silenceMs, SAY_AT_LEAST_MS);
      }
    }
    await wait(clock, backoff.next(), signal);
  }
}
