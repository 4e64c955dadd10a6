import type { ComponentChildren } from "preact";
import { Shape } from "./shape.tsx";
import type { Look } from "./looks.ts";

/** A state as a word with its sign and colour. */
export function Pill({ look, children }: { readonly look: Look; readonly children?: ComponentChildren }) {
  return (
    <span class={`pill tone-${look.tone}`}>
      <Shape name={look.shape} />
      {children ?? look.word}
    </span>
  );
}
