import type { ComponentChildren } from "preact";
import type { BuildSummary } from "../../src/api/builds.ts";
import type { StatusJson } from "../../src/api/status-json.ts";
import { Ago } from "../shared/times.tsx";
import { counted, dollars } from "../shared/words.ts";

/** How things stand, in a few figures. */
export function Figures({
  status,
  builds,
}: {
  readonly status: StatusJson;
  readonly builds: ReadonlyMap<string, BuildSummary>;
}) {
  const { incidents, totals } = status;
  const open = incidents.Detected + incidents.Remediating + incidents.Investigating + incidents.Verifying;
  const live = [...builds.values()].filter(({ stacks }) => stacks.length > 0);
  const stacks = live.reduce((sum, build) => sum + build.stacks.length, 0);
  const { "repaired-tier1": first, "repaired-tier2": second, escalated } = totals.incidents;
  return (
    <section class="figures" aria-label="At a glance">
      <Figure
        name="Under watch"
        value={counted(stacks, "stack")}
        note={`in ${counted(live.length, "build")}`}
      />
      <Figure
        name="Open now"
        value={counted(open, "incident")}
        note={open === 0 ? "nothing is being repaired" : openWords(incidents)}
        loud={open > 0}
      />
      <Figure
        name="Repaired before the tests"
        value={counted(first + second, "stack")}
        note={`${first} by the playbook ($0), ${second} by a model`}
      />
      <Figure
        name="Handed to people"
        value={counted(escalated, "incident")}
        note={totals.storms > 0 ? `and ${counted(totals.storms, "storm")} of the farm` : "one message each"}
      />
      <Figure
        name="Builds saved"
        value={String(totals.builds.saved)}
        note={`${totals.minutesSaved} minutes of running again`}
      />
      <Budget budget={status.budget} model={status.model} />
    </section>
  );
}

function openWords(incidents: StatusJson["incidents"]): string {
  const { Detected, Remediating, Investigating, Verifying } = incidents;
  return [
    [Detected, "detected"],
    [Remediating, "being repaired"],
    [Investigating, "with the model"],
    [Verifying, "being verified"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly note: ComponentChildren;
  readonly loud?: boolean;
}) {
  const [, number = props.value, unit = ""] = /^([\d,.$]+) ?(.*)$/.exec(props.value) ?? [];
  return (
    <div class={`figure-box ${props.loud === true ? "tone-warn loud" : ""}`}>
      <p class="figure-name">{props.name}</p>
      <p class="figure-value figure">
        {number} <span class="figure-unit">{unit}</span>
      </p>
      <p class="figure-note">{props.note}</p>
    </div>
  );
}

/** What the model may still cost within the hour. */
function Budget({
  budget,
  model,
}: {
  readonly budget: StatusJson["budget"];
  readonly model: string | undefined;
}) {
  const { hourlyUsd, spentUsd, reservedUsd, leftUsd, nextFreeAt } = budget;
  const note =
    model === undefined ? (
      "no model is set: nothing is spent"
    ) : (
      <>
        of {dollars(hourlyUsd)}: {dollars(spentUsd)} spent
        {reservedUsd > 0 && `, ${dollars(reservedUsd)} held`}
        {nextFreeAt !== undefined && (
          <>
            ; some is free again <Ago at={nextFreeAt} />
          </>
        )}
      </>
    );
  return (
    <div class="figure-box">
      <p class="figure-name">Budget left this hour</p>
      <p class="figure-value figure">{dollars(leftUsd)}</p>
      {model !== undefined && hourlyUsd > 0 && (
        <svg class="budget-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect class="bar-all" width="100" height="4" />
          <rect class="bar-held" width={share(spentUsd + reservedUsd, hourlyUsd)} height="4" />
          <rect class="bar-spent" width={share(spentUsd, hourlyUsd)} height="4" />
        </svg>
      )}
      <p class="figure-note">{note}</p>
    </div>
  );
}

function share(part: number, whole: number): number {
  return Math.min(100, (100 * part) / whole);
}
