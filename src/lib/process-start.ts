import { readFileSync } from "node:fs";

/**
 * When a process started, in the kernel's ticks since boot: with its id it names one process for good, as ids are used
 * again. `undefined` when it is gone, or where there is no /proc.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name may contain anything, so fields count from its closing parenthesis; the first is the state.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
