import { useEffect, useRef, useState } from "preact/hooks";
import type { IncidentFile } from "../../src/api/incident-file.ts";
import type { IncidentJson } from "../../src/api/incident-json.ts";
import { Facts } from "../shared/facts.tsx";
import { fetchJson } from "../shared/fetch-json.ts";
import { phaseLooks } from "../shared/looks.ts";
import { Banner, Empty } from "../shared/notices.tsx";
import { Pill } from "../shared/pill.tsx";
import { SafeLink } from "../shared/safe-link.tsx";
import { Ago, Took } from "../shared/times.tsx";
import { hashOf } from "../shared/use-hash.ts";
import { dollars } from "../shared/words.ts";
import { StoryView } from "../story/story-view.tsx";
import { AuditSection } from "./audit-section.tsx";

/** A transcript grows while its incident stays the same. */
const LOOK_AGAIN_MS = 2000;

export interface IncidentPageProps {
  readonly name: string;
  /** As the stream tells it; absent when there is none of that name, or none yet. */
  readonly known: IncidentJson | undefined;
  readonly loaded: boolean;
  /** The hash of where the reader came from. */
  readonly back: string;
}

/** One incident as a story, with what it cost and its audit records. Escape leads back. */
export function IncidentPage({ name, known, loaded, back }: IncidentPageProps) {
  const { file, problem } = useFile(name, known);
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) location.hash = back;
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [back]);
  const shown = file ?? known;
  return (
    <article class="incident">
      <p>
        <a href={back}>← All incidents</a> <span class="soft small keys">Esc</span>
      </p>
      <h1 tabIndex={-1} class="break">
        {shown === undefined ? name : titleOf(shown)}
      </h1>
      {problem !== undefined && <Banner tone="bad">{problem}</Banner>}
      {shown === undefined ? (
        problem === undefined && <Empty title={loaded ? "Asking the medic …" : "Connecting …"} />
      ) : (
        <Known incident={shown} file={file} />
      )}
    </article>
  );
}

function titleOf({ spec, status }: IncidentJson): string {
  return spec.client === "*"
    ? `${status.reason}: the whole farm`
    : `${status.reason} on ${spec.statefulSet || `client ${spec.client}`}`;
}

function Known({
  incident,
  file,
}: {
  readonly incident: IncidentJson;
  readonly file: IncidentFile | undefined;
}) {
  return (
    <>
      <p class="incident-cause foreign" dir="auto">
        {incident.status.rootCause}
      </p>
      <div class="incident-columns">
        <section class="incident-story" aria-labelledby="story">
          <h2 id="story">What happened</h2>
          {file === undefined ? <Empty title="Reading its records …" /> : <StoryView file={file} />}
        </section>
        <aside class="incident-facts" aria-label="The incident">
          <IncidentFacts incident={incident} />
        </aside>
        {file !== undefined && <AuditSection records={file.audit} />}
      </div>
    </>
  );
}

function IncidentFacts({ incident }: { readonly incident: IncidentJson }) {
  const { name, spec, status, createdAt } = incident;
  const detected = Date.parse(status.times.Detected ?? createdAt);
  const end = status.times.Resolved ?? status.times.Escalated ?? status.times.Gone;
  const { episode } = status;
  return (
    <>
      <Facts
        of={[
          ["Phase", <Pill look={phaseLooks[status.phase]} />],
          ["Detected", <Ago at={detected} />],
          [
            end === undefined ? "Open for" : "Took",
            <Took from={detected} to={end === undefined ? undefined : Date.parse(end)} />,
          ],
          ["Tier", status.tier === 1 ? "1, the playbook" : "2, a model"],
          ["Cost", episode === undefined ? "$0, no model was asked" : dollars(episode.costUsd)],
          ["Build", spec.runId === "" ? undefined : <SafeLink to={spec.buildUrl}>{spec.runId}</SafeLink>],
          [
            "Same build",
            spec.runId === "" ? undefined : <a href={hashOf("/", { build: spec.runId })}>its incidents</a>,
          ],
          ["Namespace", spec.namespace === "*" ? undefined : spec.namespace],
          ["Client", spec.client === "*" ? undefined : spec.client],
          ["Pod", spec.pod],
        ]}
      />
      <h2>In a terminal</h2>
      <ul class="commands">
        {episode?.startedAt !== undefined && (
          <li>
            <code>build-medic episode show {name}</code>
          </li>
        )}
        <li>
          <code>kubectl get incidents.buildmedic.dev {name} -A -o yaml</code>
        </li>
        {spec.client !== "*" && (
          <li>
            <code>build-medic diagnose -n {spec.namespace}</code>
          </li>
        )}
      </ul>
    </>
  );
}

/** The incident's file, read again when the incident changes and while a model looks at it. */
function useFile(
  name: string,
  known: IncidentJson | undefined,
): { readonly file: IncidentFile | undefined; readonly problem: string | undefined } {
  const [state, setState] = useState<{ name: string; file?: IncidentFile; problem?: string }>({ name });
  const [round, setRound] = useState(0);
  const version = JSON.stringify(known?.status);
  const latest = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    const turn = ++latest.current;
    fetchJson<IncidentFile>(`/api/v1/incidents/${encodeURIComponent(name)}?transcript=no`, {
      signal: stop.signal,
    }).then(
      (file) => turn === latest.current && setState({ name, file }),
      (error: unknown) =>
        !stop.signal.aborted &&
        setState((before) => ({
          ...(before.name === name ? before : { name }),
          problem: error instanceof Error ? error.message : String(error),
        })),
    );
    return () => stop.abort();
  }, [name, version, round]);
  const running = known?.status.episode?.outcome === "running";
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setRound((count) => count + 1), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [running]);
  const own = state.name === name ? state : { file: undefined, problem: undefined };
  return { file: own.file, problem: own.problem };
}
