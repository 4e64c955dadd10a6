import { useState } from "preact/hooks";
import type { BuildSummary, StackState, StackSummary } from "../../src/api/builds.ts";
import type { StatusJson } from "../../src/api/status-json.ts";
import { stackLooks } from "../shared/looks.ts";
import { Empty } from "../shared/notices.tsx";
import { Pill } from "../shared/pill.tsx";
import { SafeLink } from "../shared/safe-link.tsx";
import { Shape } from "../shared/shape.tsx";
import { hashOf } from "../shared/use-hash.ts";
import { counted } from "../shared/words.ts";
import { newestBuildFirst } from "./filters.ts";

const FEW_BUILDS = 20;
const FEW_TROUBLES = 4;
const troubled: ReadonlySet<StackState> = new Set(["in-trouble", "escalated", "paused"]);

/** Every build that is on the farm now, a sign for each of its stacks. */
export function FarmGrid({
  status,
  builds,
}: {
  readonly status: StatusJson;
  readonly builds: ReadonlyMap<string, BuildSummary>;
}) {
  const [all, setAll] = useState(false);
  const live = [...builds.values()]
    .filter(({ stacks }) => stacks.length > 0)
    .sort((left, right) => newestBuildFirst(left.runId, right.runId));
  const shown = all ? live : live.slice(0, FEW_BUILDS);
  return (
    <section aria-labelledby="farm">
      <div class="section-head">
        <h2 id="farm">The farm now</h2>
        <ul class="legend" aria-label="Stacks by state">
          {Object.entries(stackLooks)
            .filter(([state]) => status.stacks[state as StackState] > 0)
            .map(([state, look]) => (
              <li key={state}>
                <Pill look={look}>
                  {status.stacks[state as StackState]} {look.word}
                </Pill>
              </li>
            ))}
        </ul>
      </div>
      {live.length === 0 ? (
        <Empty title="No build is under watch.">
          <p>
            The medic works only in namespaces labelled <code>medic/watch=true</code>.
          </p>
        </Empty>
      ) : (
        <div class="builds">
          {shown.map((build) => (
            <Build key={build.runId} build={build} />
          ))}
        </div>
      )}
      {live.length > FEW_BUILDS && (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show the newest builds only" : `Show all ${live.length} builds`}
        </button>
      )}
    </section>
  );
}

function Build({ build }: { readonly build: BuildSummary }) {
  const { runId, namespaces, buildUrl, stacks, incidents } = build;
  const troubles = stacks.filter(({ state }) => troubled.has(state));
  const title = runId === "" ? "without a run id" : runId;
  return (
    <article class="build">
      <div class="build-head">
        <h3 class="break">
          <SafeLink to={buildUrl}>{title}</SafeLink>
        </h3>
        <p class="soft small">
          {!isNamedAfter(namespaces, runId) && <span class="break">{namespaces.join(", ")} · </span>}
          {counted(stacks.length, "stack")}
          {incidents.length > 0 && (
            <>
              {" · "}
              <a class="nowrap" href={hashOf("/", { build: runId })}>
                {counted(incidents.length, "incident")}
              </a>
            </>
          )}
        </p>
      </div>
      <ul class="cells" aria-label={`Stacks of build ${title}`}>
        {stacks.map((stack) => (
          <Cell key={`${stack.namespace}/${stack.client}`} stack={stack} />
        ))}
      </ul>
      {troubles.length > 0 && <Troubles stacks={troubles} />}
    </article>
  );
}

/** `build-4711` says nothing beside 4711. */
function isNamedAfter(namespaces: readonly string[], runId: string): boolean {
  return namespaces.length === 1 && runId !== "" && namespaces[0]?.endsWith(runId) === true;
}

/** One stack: its client's number, a sign and a colour; words for those who ask. */
function Cell({ stack }: { readonly stack: StackSummary }) {
  const { client, state, incident } = stack;
  const look = stackLooks[state];
  const words = `client ${client}: ${look.word}${setWords(stack)}`;
  const inside = (
    <>
      <Shape name={look.shape} />
      <span aria-hidden="true">{client}</span>
      <span class="unseen">{words}</span>
    </>
  );
  return (
    <li class={`cell tone-${look.tone} cell-${state}`} title={words}>
      {incident === undefined ? (
        <span class="cell-box">{inside}</span>
      ) : (
        <a class="cell-box" href={hashOf(`/incidents/${encodeURIComponent(incident.name)}`)}>
          {inside}
          <span class="unseen">, open its incident</span>
        </a>
      )}
    </li>
  );
}

function setWords({ statefulSets, incident, paused }: StackSummary): string {
  const sets = statefulSets.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(", ");
  const about = incident === undefined ? "" : `; ${incident.reason}, ${incident.phase}`;
  return `${sets === "" ? "" : `, ${sets}`}${about}${paused === undefined ? "" : `; paused: ${paused}`}`;
}

/** What is not as it should be, in words. */
function Troubles({ stacks }: { readonly stacks: readonly StackSummary[] }) {
  const left = stacks.length - FEW_TROUBLES;
  return (
    <ul class="troubles">
      {stacks.slice(0, FEW_TROUBLES).map((stack) => (
        <li key={`${stack.namespace}/${stack.client}`}>
          <Pill look={stackLooks[stack.state]} /> client {stack.client}
          {stack.state === "paused"
            ? stack.paused !== undefined && <span dir="auto">: {stack.paused}</span>
            : stack.incident !== undefined && (
                <>
                  :{" "}
                  <a href={hashOf(`/incidents/${encodeURIComponent(stack.incident.name)}`)}>
                    {stack.incident.reason}
                  </a>{" "}
                  <span class="soft">({stack.incident.phase})</span>
                </>
              )}
        </li>
      ))}
      {left > 0 && <li class="soft">and {left} more</li>}
    </ul>
  );
}
