/** A stretch of time and how it is laid out from 0 to 100. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly Tick[];
  /** In percent; what lies outside is at the edge. */
  readonly x: (at: number) => number;
}

interface Tick {
  readonly at: number;
  readonly words: string;
}

const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const MOST_TICKS = 6;
const SHORTEST_MS = 60_000;

/** Ends on a tick, so that it does not move with every second. */
export function scaleOf(from: number, until: number): Scale {
  const length = Math.max(SHORTEST_MS, until - from);
  const stepS = STEPS_S.find((step) => length / (step * 1000) <= MOST_TICKS) ?? 7200;
  const step = stepS * 1000;
  const to = from + Math.ceil((length * 1.01) / step) * step;
  const count = Math.round((to - from) / step);
  return {
    from,
    to,
    ticks: Array.from({ length: count + 1 }, (_, index) => ({
      at: from + index * step,
      words: tickWords(index * stepS),
    })),
    x: (at) => Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100)),
  };
}

/** 0, 15 s, 1:30. */
function tickWords(seconds: number): string {
  if (seconds === 0) return "0";
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A moment on the time line, to a tenth of a second: +9.4 s, +1:10.3. */
export function stampWords(ms: number): string {
  const tenths = Math.max(0, Math.round(ms / 100));
  if (tenths < 600) return `+${(tenths / 10).toFixed(1)} s`;
  return `+${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}
