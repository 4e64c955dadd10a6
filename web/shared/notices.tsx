import type { ComponentChildren } from "preact";

/** In place of a list that has nothing in it: say why that is so. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Something went wrong, or must not be overlooked; `alert` interrupts a screen reader. */
export function Banner({
  tone,
  alert = false,
  children,
}: {
  readonly tone: "bad" | "warn" | "info";
  readonly alert?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`banner tone-${tone}`} role={alert ? "alert" : "note"}>
      {children}
    </div>
  );
}
