import { FarmError, UsageError } from "./kube.ts";

/**
 * Runs a command's work and turns what it throws into one sentence on stderr and an exit code: 2 for wrong use, 1 for
 * everything else that a person can act on. Bugs pass through.
 */
export async function withExitCode(
  work: () => Promise<number>,
  complain: (line: string) => void = progress,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || isBug(error)) throw error;
    complain(`build-medic: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Colleagues' modules throw plain errors with a sentence for people; these are ours alone. */
function isBug(error: Error): boolean {
  if (error instanceof FarmError || error instanceof UsageError) return false;
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

/** Progress goes to stderr: stdout is for the result. */
export function progress(line: string): void {
  console.error(line);
}
