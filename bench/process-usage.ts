import { readFile } from "node:fs/promises";

/** What a process has used so far, as Linux counts it. */
export interface Usage {
  /** User and system time since its start. */
  readonly cpuSeconds: number;
  /** Resident memory now and at its highest, MiB. */
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** USER_HZ, the unit of /proc's CPU times: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Reads /proc; rejects when the process is gone. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
  ]);
  // The name in parentheses may hold spaces itself: count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMib: kibibytes(status, "VmRSS") / 1024,
    peakRssMib: kibibytes(status, "VmHWM") / 1024,
  };
}

function kibibytes(status: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}
