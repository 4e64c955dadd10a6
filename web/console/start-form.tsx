import { useState } from "preact/hooks";
import type { FarmView } from "../../farm/console/view.ts";
import { startBuild } from "./api.ts";
import { MODES, expectation } from "./modes.ts";

/** Starts a build. What it is checked against is the server's business: its sentence is shown as it is. */
export function StartForm({ farm, underWay }: { readonly farm: FarmView; readonly underWay: number }) {
  const [mode, setMode] = useState("misconfig");
  const [medic, setMedic] = useState(true);
  const [sending, setSending] = useState(false);
  const [answer, setAnswer] = useState<{ readonly bad: boolean; readonly words: string }>();
  const full = underWay >= farm.mostBuilds;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setSending(true);
    setAnswer(undefined);
    try {
      const { id } = await startBuild({ mode, medic, ...filled(form, ["clients", "target", "seed"]) });
      setAnswer({ bad: false, words: `Build ${id.replace(/-\d+$/, "")} is started.` });
    } catch (error) {
      setAnswer({ bad: true, words: error instanceof Error ? error.message : String(error) });
    } finally {
      setSending(false);
    }
  }

  return (
    <form class="start panel" onSubmit={(event) => void submit(event)} aria-labelledby="start-title">
      <h2 id="start-title">Start a build</h2>
      <fieldset class="modes">
        <legend>What breaks</legend>
        {MODES.map((one) => (
          <label class="choice" key={one.mode}>
            <input
              type="radio"
              name="mode"
              value={one.mode}
              checked={mode === one.mode}
              onChange={() => setMode(one.mode)}
            />
            <span class="choice-name">{one.name}</span>
            <code class="choice-mode">{one.mode}</code>
            <span class="choice-what">{one.what}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="medic-choice">
        <legend>Medic</legend>
        <label class="choice">
          <input type="radio" name="medic" value="on" checked={medic} onChange={() => setMedic(true)} />
          <span class="choice-name">on</span>
        </label>
        <label class="choice">
          <input type="radio" name="medic" value="off" checked={!medic} onChange={() => setMedic(false)} />
          <span class="choice-name">off</span>
        </label>
      </fieldset>
      <p class="expected">
        <span class="soft">Expected: </span>
        {expectation(mode, medic, farm.medic.model)}
      </p>
      <details class="more">
        <summary>Seed, client, number of clients</summary>
        <div class="fields">
          <Field name="seed" label="Seed" hint="the same seed draws the same fault; left open, it is drawn" />
          <Field name="target" label="Client with the fault" hint="left open, the seed draws it" />
          <Field name="clients" label="Number of clients" hint={`${farm.defaultClients} if left open`} />
        </div>
      </details>
      <div class="go">
        <button class="primary" type="submit" disabled={sending || full}>
          Start the build
        </button>
        <p role={answer?.bad === true ? "alert" : "status"} class={answer?.bad === true ? "refused" : "soft"}>
          {full ? `${underWay} builds are under way; that is as many as run at once.` : answer?.words}
        </p>
      </div>
    </form>
  );
}

function Field({
  name,
  label,
  hint,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input name={name} inputMode="numeric" autocomplete="off" maxLength={12} size={12} />
      <span class="soft small">{hint}</span>
    </label>
  );
}

/** The fields that something was typed into. */
function filled<Name extends string>(form: FormData, names: readonly Name[]): Partial<Record<Name, string>> {
  const values = names.flatMap((name) => {
    const value = form.get(name);
    return typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : [];
  });
  return Object.fromEntries(values) as Partial<Record<Name, string>>;
}
