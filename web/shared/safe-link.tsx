import type { ComponentChildren } from "preact";

/** A link whose address somebody else wrote: only a web address becomes one, the rest stays text. */
export function SafeLink({
  to,
  children,
}: {
  readonly to: string | undefined;
  readonly children: ComponentChildren;
}) {
  if (to === undefined || !/^https?:\/\//i.test(to)) return <>{children}</>;
  return (
    <a href={to} rel="noopener noreferrer">
      {children}
    </a>
  );
}
