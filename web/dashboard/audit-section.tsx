import { useState } from "preact/hooks";
import type { IncidentFile } from "../../src/api/incident-file.ts";
import { Empty } from "../shared/notices.tsx";
import { exactTime } from "../shared/time-words.ts";
import { Verbatim } from "../shared/verbatim.tsx";
import { counted } from "../shared/words.ts";
import { auditRow } from "../story/story.ts";
import type { AuditRow } from "../story/story.ts";

const PAGE = 50;

/** The audit records of an incident: what was to be done, whether it was allowed, and what came of it. */
export function AuditSection({ records }: { readonly records: IncidentFile["audit"] }) {
  const [shown, setShown] = useState(PAGE);
  const rows = records.flatMap((record) => auditRow(record) ?? []);
  return (
    <section class="incident-audit" aria-labelledby="audit">
      <div class="section-head">
        <h2 id="audit">Audit records</h2>
        <p class="soft small">{counted(rows.length, "record")}</p>
      </div>
      {rows.length === 0 ? (
        <Empty title="None is kept here.">
          <p>Nothing was written for this incident, or another medic did it and has the records.</p>
        </Empty>
      ) : (
        <ul class="audit">
          {rows.slice(0, shown).map((row) => (
            <li key={row.seq}>
              <Record row={row} />
            </li>
          ))}
        </ul>
      )}
      {rows.length > shown && (
        <button type="button" class="more" onClick={() => setShown(shown + PAGE)}>
          Show more
        </button>
      )}
    </section>
  );
}

function Record({ row }: { readonly row: AuditRow }) {
  const { seq, at, actor, action, stage, allowed, why, result, record } = row;
  return (
    <details>
      <summary>
        <span class="figure soft">{seq}</span>
        <time class="figure soft" title={exactTime(at)}>
          {exactTime(at).slice(11, 19)}
        </time>
        <span>{actor}</span>
        <strong class="break">{action}</strong>
        <span class={stage === "refused" || !allowed ? "stage-refused" : ""}>{stage}</span>
        <span class="soft break audit-why" dir="auto">
          {result === "" ? why : result}
        </span>
      </summary>
      <Verbatim text={JSON.stringify(record, undefined, 2)} label={`Record ${seq}`} lines={60} />
    </details>
  );
}
