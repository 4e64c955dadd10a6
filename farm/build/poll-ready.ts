/** The answer of a wait for a stack. */
export interface ReadyAnswer {
  readonly ready: boolean;
  /** Seconds that the wait took. */
  readonly seconds: number;
  /** What was heard last: a status and the start of a body, or an error. */
  readonly last: string;
}

/**
 * Asks a URL until it has answered 200 twice in a row or the time is over; half a second between questions.
 * Stands on its own: its text is sent to a runner pod and run there, so it may refer to nothing outside itself.
 */
export async function pollReady(url: string, limitMs: number): Promise<ReadyAnswer> {
  const begin = Date.now();
  let last = "never asked";
  let good = 0;
  while (Date.now() - begin < limitMs) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
      const body = await response.text();
      last = `${response.status} ${body.slice(0, 160)}`.trim();
      good = response.status === 200 ? good + 1 : 0;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      last = cause instanceof Error ? cause.message : String(cause);
      good = 0;
    }
    if (good === 2) return { ready: true, seconds: (Date.now() - begin) / 1000, last };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { ready: false, seconds: (Date.now() - begin) / 1000, last };
}

/** The same wait as a program for `node -e` that prints its answer as one line of JSON. */
export function pollReadyProgram(url: string, limitMs: number): string {
  const call = `(${pollReady.toString()})(${JSON.stringify(url)}, ${limitMs})`;
  return `${call}.then((answer) => console.log(JSON.stringify(answer)))`;
}
