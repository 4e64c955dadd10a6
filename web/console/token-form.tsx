import { useState } from "preact/hooks";
import { openSession } from "./api.ts";
import type { SessionAnswer } from "./api.ts";

/** Where the console is reached from other machines it asks for its token, once. */
export function TokenForm({ onOpen }: { readonly onOpen: (session: SessionAnswer) => void }) {
  const [refused, setRefused] = useState<string>();
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    try {
      onOpen(await openSession(typeof token === "string" ? token : ""));
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <form class="token panel" onSubmit={(event) => void submit(event)}>
      <h1>Farm console</h1>
      <label class="field">
        <span>Token</span>
        <input name="token" type="password" autocomplete="current-password" required maxLength={200} />
      </label>
      <button class="primary" type="submit">
        Open
      </button>
      {refused !== undefined && (
        <p class="refused" role="alert">
          {refused}
        </p>
      )}
      <p class="soft small">
        Whoever started the console has it: CONSOLE_TOKEN, or what it printed at its start.
      </p>
    </form>
  );
}
