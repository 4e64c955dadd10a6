import { useEffect, useRef, useState } from "preact/hooks";
import type { BuildSummary } from "../../src/api/builds.ts";
import type { IncidentJson } from "../../src/api/incident-json.ts";
import type { StatusJson } from "../../src/api/status-json.ts";
import { useEventSource } from "../shared/use-event-source.ts";
import type { Connection } from "../shared/use-event-source.ts";
import { changeWords } from "./change-words.ts";

/** Everything the medic tells of itself, as it is now. */
export interface MedicView {
  readonly connection: Connection;
  /** Absent until everything has been told once. */
  readonly status?: StatusJson;
  readonly builds: ReadonlyMap<string, BuildSummary>;
  readonly incidents: ReadonlyMap<string, IncidentJson>;
  /** The newest change, in a sentence. */
  readonly said: string;
}

interface Known {
  readonly builds: Map<string, BuildSummary>;
  readonly incidents: Map<string, IncidentJson>;
  /** What was told since the connection was opened: the rest is gone when everything has been told. */
  told: Set<string> | undefined;
  status?: StatusJson;
  said: string;
}

/** Changes that come together are drawn together. */
const GATHER_MS = 100;

export function useMedic(): MedicView {
  const known = useRef<Known>({ builds: new Map(), incidents: new Map(), told: new Set(), said: "" });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [, draw] = useState(0);
  useEffect(() => () => clearTimeout(timer.current), []);

  function soon(): void {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      draw((count) => count + 1);
    }, GATHER_MS);
  }

  const { current } = known;
  const connection = useEventSource(
    "/api/v1/stream?include=board",
    {
      "incident-changed": (data) => {
        const incident = data as IncidentJson;
        const before = current.incidents.get(incident.name);
        current.incidents.set(incident.name, incident);
        current.told?.add(`incident ${incident.name}`);
        if (current.told === undefined) current.said = changeWords(incident, before) ?? current.said;
        soon();
      },
      "incident-removed": (data) => {
        current.incidents.delete((data as IncidentJson).name);
        soon();
      },
      "build-changed": (data) => {
        const build = data as BuildSummary;
        current.builds.set(build.runId, build);
        current.told?.add(`build ${build.runId}`);
        soon();
      },
      "build-removed": (data) => {
        current.builds.delete((data as BuildSummary).runId);
        soon();
      },
      "status-changed": (data) => {
        current.status = data as StatusJson;
        forget(current);
        soon();
      },
    },
    () => {
      current.told = new Set();
    },
  );
  const { builds, incidents, status, said } = current;
  return { connection, builds, incidents, said, ...(status === undefined ? {} : { status }) };
}

/** The status comes when everything else has been told: what was not is gone. */
function forget(known: Known): void {
  const { told, incidents, builds } = known;
  if (told === undefined) return;
  for (const name of incidents.keys()) if (!told.has(`incident ${name}`)) incidents.delete(name);
  for (const runId of builds.keys()) if (!told.has(`build ${runId}`)) builds.delete(runId);
  known.told = undefined;
}
