import type { Log } from "./log.ts";
import type { Readiness } from "./readiness.ts";

export interface HealthLogOptions {
  readonly log: Log;
  /** host:port of the database. */
  readonly db: string;
  /** From how long a check is called slow, in milliseconds. */
  readonly slowMs: number;
  /** The shortest time between two lines that say the same, in milliseconds. */
  readonly repeatMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

const windowMs = 60_000;

/**
 * Turns check results into the few lines that someone looking for the cause needs: every change at once, a bad or
 * slow state again every `repeatMs`, and with each how many of the last minute's checks failed, for a link that
 * loses some packets looks reachable every other time.
 */
export function createHealthLog({
  log,
  db,
  slowMs,
  repeatMs,
  now,
}: HealthLogOptions): (result: Readiness) => void {
  let state: "unknown" | "ok" | "slow" | "bad" = "unknown";
  let since = now();
  let saidAt = -Infinity;
  let recent: { at: number; ready: boolean }[] = [];

  return (result) => {
    const at = now();
    recent = [...recent.filter((check) => check.at > at - windowMs), { at, ready: result.ready }];
    const next = stateOf(result, slowMs);
    const changed = next !== state;
    const previous = state;
    const lastedMs = Math.round(at - since);
    if (changed) {
      state = next;
      since = at;
    }
    if (!changed && (next === "ok" || at - saidAt < repeatMs)) return;
    saidAt = at;
    const failed = recent.filter((check) => !check.ready).length;
    const fields = { db, tookMs: result.tookMs, lastMinute: { checks: recent.length, failed } };
    if (next === "bad") {
      const { code, phase, reason } = result;
      const msg = phase === undefined ? "database not usable" : "database unreachable";
      log.error(msg, {
        ...fields,
        code,
        phase,
        error: reason,
        forMs: changed ? 0 : lastedMs,
      });
    } else if (next === "slow") {
      log.warn("database slow", { ...fields, thresholdMs: slowMs, forMs: changed ? 0 : lastedMs });
    } else {
      log.info("database reachable", {
        ...fields,
        ...(previous === "unknown" ? {} : { after: previous, afterMs: lastedMs }),
      });
    }
  };
}

function stateOf(result: Readiness, slowMs: number): "ok" | "slow" | "bad" {
  if (!result.ready) return "bad";
  return result.tookMs >= slowMs ? "slow" : "ok";
}
