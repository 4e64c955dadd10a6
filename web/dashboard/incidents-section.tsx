import { useEffect, useState } from "preact/hooks";
import type { IncidentJson } from "../../src/api/incident-json.ts";
import { Empty } from "../shared/notices.tsx";
import { hashOf, replacePlace } from "../shared/use-hash.ts";
import { counted } from "../shared/words.ts";
import { filtersOf, isFiltered, noFilters, selected } from "./filters.ts";
import { FilterBar } from "./filter-bar.tsx";
import { IncidentTable } from "./incident-table.tsx";

const PAGE = 50;

/** The incidents, newest first; what is asked for stands in the page's address. */
export function IncidentsSection({
  incidents,
  query,
}: {
  readonly incidents: ReadonlyMap<string, IncidentJson>;
  readonly query: Readonly<Record<string, string>>;
}) {
  const filters = filtersOf(query);
  const asked = JSON.stringify(filters);
  const [shown, setShown] = useState(PAGE);
  useEffect(() => setShown(PAGE), [asked]);
  const found = selected(incidents.values(), filters);
  return (
    <section aria-labelledby="incidents">
      <div class="section-head">
        <h2 id="incidents">Incidents</h2>
        {incidents.size > 0 && (
          <p class="soft small" role="status">
            {isFiltered(filters)
              ? `${found.length} of ${counted(incidents.size, "incident")}`
              : counted(incidents.size, "incident")}
          </p>
        )}
      </div>
      {incidents.size === 0 ? (
        <Empty title="The medic has done nothing, and that is the good case.">
          <p>Every stack came up by itself. When one is stuck, its incident is here within seconds.</p>
        </Empty>
      ) : (
        <>
          <FilterBar
            filters={filters}
            incidents={incidents}
            onChange={(next) => replacePlace("/", { ...next })}
          />
          {found.length === 0 ? (
            <Empty title="No incident is like that.">
              <p>
                <a href={hashOf("/", { ...noFilters })}>Show all of them</a>
              </p>
            </Empty>
          ) : (
            <IncidentTable incidents={found.slice(0, shown)} />
          )}
          {found.length > shown && (
            <button type="button" class="more" onClick={() => setShown(shown + PAGE)}>
              Show {Math.min(PAGE, found.length - shown)} more of {found.length - shown}
            </button>
          )}
        </>
      )}
    </section>
  );
}
