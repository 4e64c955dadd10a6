import type { TotalsView } from "../../farm/console/view.ts";

/** What it all came to, over the builds that are kept. */
export function TotalsStrip({ totals }: { readonly totals: TotalsView }) {
  return (
    <dl class="totals" aria-label="Totals">
      <Total name="builds" value={String(totals.builds)} />
      <Total name="stacks repaired" value={String(totals.repaired)} />
      <Total name="escalated to people" value={String(totals.escalated)} />
      <Total name="model cost" value={`$${totals.dollars.toFixed(2)}`} />
      <Total name="saved, at 40 min a re-run" value={savedWords(totals.minutesSaved)} />
    </dl>
  );
}

function Total({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figure">{value}</dd>
    </div>
  );
}

function savedWords(minutes: number): string {
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}
