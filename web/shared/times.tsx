import { agoWords, exactTime, tookWords } from "./time-words.ts";
import { useNow } from "./use-now.ts";

/** A time as people say it; the exact one is its title. `at`: RFC 3339 or epoch milliseconds. */
export function Ago({ at }: { readonly at: string | number }) {
  const now = useNow();
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return null;
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>
      {agoWords(ms, now)}
    </time>
  );
}

/** How long it took, or has taken until now while `to` is not known. */
export function Took({ from, to }: { readonly from: number; readonly to?: number | undefined }) {
  return to === undefined ? <Running from={from} /> : <span class="figure">{tookWords(to - from)}</span>;
}

function Running({ from }: { readonly from: number }) {
  return <span class="figure">{tookWords(Math.max(0, useNow() - from))}</span>;
}
