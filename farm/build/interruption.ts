/**
 * Runs work that ends early on Ctrl-C, SIGTERM or when nobody reads its output any more (a closed pipe); it gets the time
 * to clean up, which more signals do not cut short.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  report: (line: string) => void,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => {
    report(stop.signal.aborted ? "still cleaning up, please wait" : "interrupted: cleaning up");
    stop.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onDeafReader = (): void => stop.abort();
  for (const signal of signals) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onDeafReader);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
