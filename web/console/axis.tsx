import type { Scale } from "./scale.ts";

/** The times along the top of the lanes. */
export function Axis({ scale }: { readonly scale: Scale }) {
  return (
    <div class="axis" aria-hidden="true">
      <div class="axis-ticks">
        {scale.ticks.map(({ at, words }) => (
          <span class="figure" key={at} style={{ left: `${scale.x(at)}%` }}>
            {words}
          </span>
        ))}
      </div>
    </div>
  );
}

/** A fine line at each of them. */
export function Grid({ scale }: { readonly scale: Scale }) {
  return (
    <div class="grid" aria-hidden="true">
      {scale.ticks.map(({ at }) => (
        <span key={at} style={{ left: `${scale.x(at)}%` }} />
      ))}
    </div>
  );
}
