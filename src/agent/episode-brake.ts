import type { Clock, EpisodeEnd } from "../controllers/ports.ts";

/** Why an episode was stopped from here rather than by its own end. */
type StopReason = Extract<EpisodeEnd, "deadline" | "aborted" | "wrong-tools" | "crashed">;

/** Stops an episode once, in the order that leaves no tool acting and no request asked. */
export interface EpisodeBrake {
  /** Aborted when running tools should give up. */
  readonly tools: AbortSignal;
  readonly stopped: { readonly reason: StopReason; readonly detail: string } | undefined;
  readonly latched: boolean;
  /** From here on no tool begins. */
  latch(): void;
  /** Latches, asks the process to stop, and kills it when it does not; `at-once`: kills it without asking. */
  stop(reason: StopReason, detail: string, how?: "at-once"): void;
  /** The model has ended it: it is too late to stop it for another reason. The process is given a moment to go. */
  ended(): void;
  /** Cancels what is still to come. */
  release(): void;
}

/** How long a process may take to obey: measured 0.15 s in a tool, 1.1 s while the model is silent. */
const obeyMs = 1500;

/** A brake that has the process asked and killed by what it is handed. */
export function createEpisodeBrake(by: {
  readonly clock: Clock;
  onLatch(): void;
  interrupt(): Promise<unknown>;
  kill(): void;
}): EpisodeBrake {
  const tools = new AbortController();
  let stopped: EpisodeBrake["stopped"];
  let latched = false;
  let over = false;
  let cancelKill = (): void => {};

  function latch(): void {
    if (latched) return;
    latched = true;
    quietly(() => by.onLatch());
  }
  function killSoon(): void {
    cancelKill();
    cancelKill = by.clock.after(obeyMs, () => by.kill());
  }

  return {
    tools: tools.signal,
    get stopped() {
      return stopped;
    },
    get latched() {
      return latched;
    },
    latch,
    stop(reason, detail, how) {
      if (over) return;
      over = true;
      stopped = { reason, detail };
      latch();
      tools.abort();
      if (how === "at-once") {
        by.kill();
        return;
      }
      killSoon();
      void Promise.resolve()
        .then(() => by.interrupt())
        .catch(() => {});
    },
    ended() {
      latch();
      if (over) return;
      over = true;
      killSoon();
    },
    release() {
      over = true;
      latch();
      cancelKill();
      tools.abort();
    },
  };
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Whoever listens must not keep the episode from being stopped.
  }
}
