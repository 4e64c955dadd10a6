import type { BuildView } from "../../farm/console/view.ts";
import { Empty } from "../shared/notices.tsx";
import { Pill } from "../shared/pill.tsx";
import { Shape } from "../shared/shape.tsx";
import { Table } from "../shared/table.tsx";
import { Ago, Took } from "../shared/times.tsx";
import { hashOf } from "../shared/use-hash.ts";
import { buildLooks, lookOf } from "./client-looks.ts";
import { modeName } from "./modes.ts";

/** Every build that is kept. */
export function History({ builds }: { readonly builds: readonly BuildView[] }) {
  return (
    <section aria-labelledby="history-title" class="section">
      <h2 id="history-title">History</h2>
      {builds.length === 0 ? (
        <Empty title="No build yet">
          <p>The form above starts the first one.</p>
        </Empty>
      ) : (
        <Table
          caption="Builds, newest first"
          rows={builds}
          keyOf={({ id }) => id}
          columns={[
            { name: "Build", cell: ({ id, runId }) => <a href={hashOf(`/builds/${id}`)}>{runId}</a> },
            { name: "What breaks", cell: ({ mode }) => modeName(mode) },
            { name: "Medic", cell: ({ medic }) => (medic === undefined ? "" : medic ? "on" : "off") },
            { name: "Result", cell: ({ status }) => <Pill look={buildLooks[status]} /> },
            { name: "Clients", wide: true, cell: (build) => <Clients build={build} /> },
            { name: "Medic did", wide: true, cell: medicWords },
            { name: "Started", wide: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
            {
              name: "Took",
              figure: true,
              cell: ({ startedAt, createdAt, endedAt }) => (
                <Took from={startedAt ?? createdAt} to={endedAt} />
              ),
            },
          ]}
        />
      )}
    </section>
  );
}

function Clients({ build }: { readonly build: BuildView }) {
  return (
    <span class="dots">
      {build.clients.map((client) => {
        const look = lookOf(client);
        const words = `client ${client.client} ${look.word}`;
        return (
          <span key={client.client} class={`dot tone-${look.tone}`} title={words}>
            <Shape name={look.shape} />
            <span class="unseen">{words}. </span>
          </span>
        );
      })}
    </span>
  );
}

function medicWords({ medic, clients }: BuildView): string {
  const incidents = clients.flatMap((client) => client.incidents);
  if (incidents.length === 0) return medic === true ? "nothing to do" : "";
  const cost = incidents.reduce((sum, { episode }) => sum + (episode?.costUsd ?? 0), 0);
  const words = incidents.map(
    ({ phase, reason }) => `${phase === "Resolved" ? "repaired" : phase.toLowerCase()}: ${reason}`,
  );
  return `${words.join("; ")}${cost > 0 ? ` ($${cost.toFixed(3)})` : ""}`;
}
