import type { IncidentJson } from "../../src/api/incident-json.ts";
import { Phases } from "../../src/core/incident.ts";
import { choices, isFiltered, noFilters } from "./filters.ts";
import type { Filters } from "./filters.ts";

/** What to show of the incidents. Escape in a field takes its filter away. */
export function FilterBar({
  filters,
  incidents,
  onChange,
}: {
  readonly filters: Filters;
  readonly incidents: ReadonlyMap<string, IncidentJson>;
  readonly onChange: (filters: Filters) => void;
}) {
  const { reasons, builds } = choices(incidents.values(), filters);
  const set = (name: keyof Filters) => (value: string) => onChange({ ...filters, [name]: value });
  return (
    <form class="filters" role="search" aria-label="Incidents" onSubmit={(event) => event.preventDefault()}>
      <label class="filter-words">
        <span>Words</span>
        <input
          id="words"
          type="search"
          value={filters.q}
          placeholder="stack, pod, cause …"
          onInput={(event) => set("q")(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") set("q")("");
          }}
        />
      </label>
      <Choice name="Phase" value={filters.phase} onChange={set("phase")}>
        {[["open", "all open"], ...Phases.map((phase) => [phase, phase])]}
      </Choice>
      <Choice name="Reason" value={filters.reason} onChange={set("reason")}>
        {reasons.map((reason) => [reason, reason])}
      </Choice>
      <Choice name="Build" value={filters.build} onChange={set("build")}>
        {builds.map((build) => [build, build])}
      </Choice>
      <Choice name="Tier" value={filters.tier} onChange={set("tier")}>
        {[
          ["1", "1, the playbook"],
          ["2", "2, a model"],
        ]}
      </Choice>
      {isFiltered(filters) && (
        <button type="button" onClick={() => onChange(noFilters)}>
          Clear
        </button>
      )}
    </form>
  );
}

function Choice(props: {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly children: readonly (readonly string[])[];
}) {
  const id = `filter-${props.name.toLowerCase()}`;
  return (
    <label for={id}>
      <span>{props.name}</span>
      <select id={id} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {props.children.map(([value = "", words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
