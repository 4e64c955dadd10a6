import type { ClientState } from "../../farm/console/view.ts";
import type { Tone } from "../shared/looks.ts";

const ENTRIES: readonly { readonly state: ClientState; readonly tone: Tone; readonly words: string }[] = [
  { state: "queued", tone: "idle", words: "queued" },
  { state: "deploying", tone: "idle", words: "deploying" },
  { state: "waiting", tone: "busy", words: "coming up" },
  { state: "waiting", tone: "warn", words: "stuck" },
  { state: "ready", tone: "good", words: "ready" },
  { state: "testing", tone: "info", words: "testing" },
];

/** What the bars mean. */
export function Legend() {
  return (
    <ul class="legend small" aria-label="What the bars mean">
      {ENTRIES.map(({ state, tone, words }) => (
        <li key={words}>
          <span class={`bar is-${state} tone-${tone}`} aria-hidden="true" />
          {words}
        </li>
      ))}
      <li>
        <span class="fault-line" aria-hidden="true" />
        the fault goes in
      </li>
    </ul>
  );
}
