import { sleep } from "../build/sleep.ts";

/** A wait that can be cut short: something happened that is worth a look. */
export interface Nudge {
  nudge(): void;
  /** Ends after so long, at a nudge (also one that came before), or quietly at an abort. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export function createNudge(): Nudge {
  let pending = false;
  let wake: (() => void) | undefined;
  return {
    nudge() {
      pending = true;
      wake?.();
    },
    async wait(milliseconds, signal) {
      if (!pending) {
        const stop = new AbortController();
        wake = () => stop.abort();
        await sleep(milliseconds, AbortSignal.any([signal, stop.signal]));
        wake = undefined;
      }
      pending = false;
    },
  };
}
