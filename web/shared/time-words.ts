const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "12 s ago", "5 min ago", "3 h ago", "2 d ago"; "in 5 min" for what is to come. */
export function agoWords(at: number, now: number): string {
  const gap = now - at;
  if (Math.abs(gap) < 2 * SECOND) return "just now";
  return gap > 0 ? `${spanWords(gap)} ago` : `in ${spanWords(-gap)}`;
}

/** One unit: "12 s", "5 min", "3 h", "2 d". */
function spanWords(ms: number): string {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  return ms < DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} d`;
}

/** How long something took, as exactly as it matters: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function tookWords(ms: number): string {
  if (ms < 10 * SECOND) return `${(Math.max(0, ms) / SECOND).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, "min", seconds % 60, "s");
  return minutes < 24 * 60
    ? two(Math.floor(minutes / 60), "h", minutes % 60, "min")
    : two(Math.floor(minutes / 1440), "d", Math.floor((minutes % 1440) / 60), "h");
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** "2026-01-02 03:04:05 UTC": the same for everybody who looks at it. */
export function exactTime(at: number): string {
  return Number.isNaN(at) ? "" : `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
