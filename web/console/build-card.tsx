import { useState } from "preact/hooks";
import type { BuildView } from "../../farm/console/view.ts";
import { hashOf } from "../shared/use-hash.ts";
import { Pill } from "../shared/pill.tsx";
import { Ago, Took } from "../shared/times.tsx";
import { useNow } from "../shared/use-now.ts";
import { cancelBuild } from "./api.ts";
import { buildLooks } from "./client-looks.ts";
import { Lanes } from "./lanes.tsx";
import { Legend } from "./legend.tsx";
import { modeName } from "./modes.ts";
import { scaleOf } from "./scale.ts";
import { TimesTable } from "./times-table.tsx";

export interface BuildCardProps {
  readonly build: BuildView;
  /** How far the server's clock is ahead of this one's. */
  readonly ahead: number;
  /** The shortest time that its time line has, for builds that stand side by side. */
  readonly atLeastMs?: number;
  /** Without the tables of times, and what can be done. */
  readonly brief?: boolean;
}

/** One build: its head, its lanes, and what went wrong outside them. */
export function BuildCard({ build, ahead, atLeastMs = 0, brief = false }: BuildCardProps) {
  const now = useNow() + ahead;
  const from = beginOf(build);
  const scale = scaleOf(from, Math.max(endOf(build, now), from + atLeastMs));
  return (
    <article class="build panel" aria-labelledby={`build-${build.id}${brief ? "-brief" : ""}`}>
      <Head build={build} brief={brief} />
      <NowLine build={build} />
      <Lanes build={build} scale={scale} now={Math.min(now, endOf(build, now))} />
      {build.problems.map((problem) => (
        <p class="refused" key={problem}>
          {problem}
        </p>
      ))}
      {!brief && <Legend />}
      {!brief && <TimesTable build={build} now={now} />}
    </article>
  );
}

function Head({ build, brief }: { readonly build: BuildView; readonly brief: boolean }) {
  const { id, mode, medic, endedAt } = build;
  return (
    <header class="build-head">
      <h3 id={`build-${id}${brief ? "-brief" : ""}`}>
        {modeName(mode)}
        {medic !== undefined && (
          <span class={`medic-word medic-${medic ? "on" : "off"}`}>medic {medic ? "on" : "off"}</span>
        )}
      </h3>
      <Pill look={buildLooks[build.status]}>
        {build.cancelling ? "being cancelled" : buildLooks[build.status].word}
      </Pill>
      <Facts build={build} />
      {!brief && endedAt === undefined && <Cancel build={build} />}
    </header>
  );
}

function Facts({ build }: { readonly build: BuildView }) {
  const { id, runId, startedAt, createdAt, endedAt } = build;
  return (
    <p class="build-facts soft small">
      build{" "}
      {build.url === undefined ? (
        <a href={hashOf(`/builds/${id}`)}>{runId}</a>
      ) : (
        <a href={build.url} target="_blank" rel="noopener noreferrer">
          {runId} on GitHub
        </a>
      )}
      {" · "}
      <Ago at={createdAt} />
      {" · "}
      <Took from={startedAt ?? createdAt} to={endedAt} />
      {build.seed !== undefined && ` · seed ${build.seed}`}
      {build.fault !== undefined && ` · drew ${build.fault}`}
    </p>
  );
}

/** What the run does while no client can show it yet, or after all of them have ended. */
function NowLine({ build }: { readonly build: BuildView }) {
  if (build.endedAt !== undefined) return null;
  const job = build.jobs.find(({ name, status }) => status === "in_progress" && !name.startsWith("client"));
  if (build.status === "queued") return <p class="now-line soft small">It waits for its turn.</p>;
  if (job === undefined) return null;
  return (
    <p class="now-line soft small">
      {job.name}
      {job.step !== undefined && `: ${job.step}`}
    </p>
  );
}

function Cancel({ build }: { readonly build: BuildView }) {
  const [refused, setRefused] = useState<string>();
  async function cancel(): Promise<void> {
    try {
      await cancelBuild(build.id);
      setRefused(undefined);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <div class="cancel">
      <button type="button" disabled={build.cancelling} onClick={() => void cancel()}>
        Cancel<span class="unseen"> build {build.runId}</span>
      </button>
      {refused !== undefined && (
        <p class="refused" role="alert">
          {refused}
        </p>
      )}
    </div>
  );
}

/** When its time line begins. */
export function beginOf({ startedAt, createdAt }: BuildView): number {
  return startedAt ?? createdAt;
}

/** When the last thing happened that its time line shows. */
export function endOf({ endedAt, clients }: BuildView, now: number): number {
  if (endedAt === undefined) return now;
  const marks = clients.flatMap(({ incidents }) => incidents.flatMap((incident) => incident.marks));
  return Math.max(endedAt, ...marks.map(({ at }) => at));
}
