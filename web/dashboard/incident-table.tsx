import type { IncidentJson } from "../../src/api/incident-json.ts";
import { phaseLooks } from "../shared/looks.ts";
import { Pill } from "../shared/pill.tsx";
import { Table } from "../shared/table.tsx";
import type { Column } from "../shared/table.tsx";
import { Ago } from "../shared/times.tsx";
import { hashOf } from "../shared/use-hash.ts";
import { dollars } from "../shared/words.ts";

const columns: readonly Column<IncidentJson>[] = [
  { name: "Phase", wide: true, cell: ({ status }) => <Pill look={phaseLooks[status.phase]} /> },
  { name: "Stack", cell: (incident) => <Stack incident={incident} /> },
  {
    name: "What is wrong",
    cell: ({ status }) => (
      <>
        <strong class="break">{status.reason}</strong>
        <p class="cause foreign" dir="auto">
          {status.rootCause}
        </p>
      </>
    ),
  },
  { name: "Tried", wide: true, cell: (incident) => <Tried incident={incident} /> },
  {
    name: "Cost",
    wide: true,
    figure: true,
    cell: ({ status }) => (status.episode === undefined ? "$0" : dollars(status.episode.costUsd)),
  },
  {
    name: "Detected",
    wide: true,
    cell: ({ status, createdAt }) => <Ago at={status.times.Detected ?? createdAt} />,
  },
];

export function IncidentTable({ incidents }: { readonly incidents: readonly IncidentJson[] }) {
  return (
    <Table caption="Incidents, newest first" columns={columns} rows={incidents} keyOf={({ name }) => name} />
  );
}

function Stack({ incident }: { readonly incident: IncidentJson }) {
  const { name, spec, status, createdAt } = incident;
  const farm = spec.client === "*";
  return (
    <>
      <a id={`incident-${name}`} class="break" href={hashOf(`/incidents/${encodeURIComponent(name)}`)}>
        {farm ? "The whole farm" : spec.statefulSet || `client ${spec.client}`}
      </a>
      <span class="soft small block break">{spec.runId === "" ? spec.namespace : spec.runId}</span>
      <span class="narrow-only small soft">
        <Pill look={phaseLooks[status.phase]} /> <Ago at={status.times.Detected ?? createdAt} />
      </span>
    </>
  );
}

/** What the last thing was that was tried, and by whom. */
function Tried({ incident }: { readonly incident: IncidentJson }) {
  const { attempts, episode } = incident.status;
  const last = attempts.at(-1);
  const model = episode?.startedAt === undefined ? "" : "a model looked at it";
  if (last === undefined) return <span class="soft">{model === "" ? "nothing" : model}</span>;
  const more = attempts.length - 1;
  return (
    <>
      <span class="nowrap">{last.action}</span>: {last.outcome}
      <span class="soft small block">
        {last.by === "agent" ? "asked for by a model" : "by the playbook"}
        {more > 0 && `, ${more} before it`}
      </span>
    </>
  );
}
