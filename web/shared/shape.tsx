import type { ShapeName } from "./looks.ts";

const paths: Readonly<Record<ShapeName, string>> = {
  check: "M2.2 6.4l2.6 2.7 5-5.8",
  ring: "M6 2a4 4 0 1 0 .01 0z",
  play: "M3.4 1.8l6.2 4.2-6.2 4.2z",
  triangle: "M6 1.5l4.8 8.8H1.2z",
  square: "M2 2h8v8H2z",
  pause: "M3 2h2.2v8H3zM6.8 2H9v8H6.8z",
  cross: "M2.6 2.6l6.8 6.8M9.4 2.6l-6.8 6.8",
  diamond: "M6 1l5 5-5 5-5-5z",
  half: "M6 1.5a4.5 4.5 0 0 1 0 9z",
};
const drawn: ReadonlySet<ShapeName> = new Set(["check", "ring", "cross"]);

/** A small sign beside a word: states differ in shape too, not in colour alone. */
export function Shape({ name }: { readonly name: ShapeName }) {
  return (
    <svg class={`shape ${drawn.has(name) ? "drawn" : "filled"}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
