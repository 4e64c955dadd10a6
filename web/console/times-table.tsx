import type { BuildView } from "../../farm/console/view.ts";
import { Table } from "../shared/table.tsx";
import { exactTime, tookWords } from "../shared/time-words.ts";
import { piecesOf } from "./pieces.ts";

interface Row {
  readonly key: string;
  readonly client: number;
  readonly state: string;
  readonly words: string;
  readonly from: number;
  readonly took: number;
}

/** The lanes as a table, for whoever wants the figures. */
export function TimesTable({ build, now }: { readonly build: BuildView; readonly now: number }) {
  const rows = build.clients.flatMap(({ client, spans }) =>
    piecesOf(spans, now).map(({ state, words, from, to }): Row => ({
      key: `${client} ${state} ${from}`,
      client,
      state,
      words: words ?? "",
      from,
      took: to - from,
    })),
  );
  return (
    <details class="times">
      <summary class="small">All times</summary>
      <Table
        caption={`Times of build ${build.runId}`}
        rows={rows}
        keyOf={(row) => row.key}
        columns={[
          { name: "Client", cell: (row) => row.client },
          { name: "State", cell: (row) => row.state },
          { name: "For", cell: (row) => row.words },
          { name: "From", wide: true, cell: (row) => exactTime(row.from) },
          { name: "Took", figure: true, cell: (row) => tookWords(row.took) },
        ]}
      />
    </details>
  );
}
