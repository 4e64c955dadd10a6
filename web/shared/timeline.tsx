import type { ComponentChildren } from "preact";
import type { Tone } from "./looks.ts";
import { Shape } from "./shape.tsx";
import type { ShapeName } from "./looks.ts";
import { exactTime, tookWords } from "./time-words.ts";

/** What happened, in order. Times are told from `since` on: "+2.4 s". */
export function Timeline({ children }: { readonly children: ComponentChildren }) {
  return <ol class="timeline">{children}</ol>;
}

export interface MomentProps {
  readonly title: ComponentChildren;
  readonly tone: Tone;
  readonly shape: ShapeName;
  /** Epoch milliseconds; left out where it is not known. */
  readonly at?: number | undefined;
  readonly since?: number | undefined;
  readonly children?: ComponentChildren;
}

/** One entry of a timeline. */
export function Moment({ title, tone, shape, at, since, children }: MomentProps) {
  return (
    <li class={`moment tone-${tone}`}>
      <span class="moment-sign">
        <Shape name={shape} />
      </span>
      <div class="moment-head">
        <h3>{title}</h3>
        {at !== undefined && (
          <time class="figure" dateTime={new Date(at).toISOString()} title={exactTime(at)}>
            {since === undefined || at <= since ? exactTime(at) : `+${tookWords(at - since)}`}
          </time>
        )}
      </div>
      {children !== undefined && <div class="moment-body">{children}</div>}
    </li>
  );
}
