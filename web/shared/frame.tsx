import type { ComponentChildren } from "preact";
import { ThemeToggle } from "./theme-toggle.tsx";

/** What every page has: a way past the header, the header, the main part, and a polite voice for changes. */
export function Frame(props: {
  readonly name: string;
  /** Beside the name: state of the page and of what it shows. */
  readonly status: ComponentChildren;
  /** The newest change in a sentence, read out by a screen reader when it changes. */
  readonly said?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M12 5h8v7h7v8h-7v7h-8v-7H5v-8h7z" />
          </svg>
          {props.name}
        </a>
        <div class="top-status">{props.status}</div>
        <ThemeToggle />
      </header>
      <main id="main" tabIndex={-1}>
        {props.children}
      </main>
      <p class="unseen" role="status" aria-live="polite">
        {props.said}
      </p>
    </>
  );
}

/** The hash is the page's route, so a jump to an anchor must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
