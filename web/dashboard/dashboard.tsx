import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Frame } from "../shared/frame.tsx";
import { Banner, Empty } from "../shared/notices.tsx";
import { Ago } from "../shared/times.tsx";
import { hashOf, usePlace } from "../shared/use-hash.ts";
import { counted } from "../shared/words.ts";
import { Figures } from "./figures.tsx";
import { FarmGrid } from "./farm-grid.tsx";
import { HeaderStatus, ObserveBanner, isOpen } from "./header-status.tsx";
import { IncidentPage } from "./incident-page.tsx";
import { IncidentsSection } from "./incidents-section.tsx";
import { useMedic } from "./use-medic.ts";
import type { MedicView } from "./use-medic.ts";

/** The medic's page: the farm and its incidents, or the story of one. It only shows; there is nothing on it that acts. */
export function Dashboard() {
  const medic = useMedic();
  const place = usePlace();
  const incident = /^\/incidents\/(.+)$/.exec(place.path)?.[1];
  const back = useWayBack(incident);
  useTitle(medic, incident);
  return (
    <Frame name="Build Medic" said={medic.said} status={<HeaderStatus medic={medic} />}>
      {medic.connection.state === "lost" && (
        <Banner tone="warn" alert>
          The connection to the medic was lost <Ago at={medic.connection.since} />. What is shown may be old;
          trying again.
        </Banner>
      )}
      {medic.status !== undefined && <ObserveBanner status={medic.status} />}
      {incident === undefined ? (
        <Overview medic={medic} query={place.query} />
      ) : (
        <IncidentPage
          name={decoded(incident)}
          known={medic.incidents.get(decoded(incident))}
          loaded={medic.status !== undefined}
          back={back}
        />
      )}
    </Frame>
  );
}

function Overview({
  medic,
  query,
}: {
  readonly medic: MedicView;
  readonly query: Readonly<Record<string, string>>;
}) {
  const { status, builds, incidents } = medic;
  if (status === undefined)
    return medic.connection.state === "lost" ? null : <Empty title="Asking the medic …" />;
  return (
    <>
      <h1 class="unseen">The build farm</h1>
      <Figures status={status} builds={builds} />
      <FarmGrid status={status} builds={builds} />
      <IncidentsSection incidents={incidents} query={query} />
    </>
  );
}

/**
 * From a story back to the overview as it was left: its filters, how far it was scrolled, and the link that led away.
 * Answers the hash to go back to.
 */
function useWayBack(incident: string | undefined): string {
  const left = useRef({ hash: hashOf("/"), scroll: 0, incident: "" });
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (incident !== undefined) return undefined;
    const keep = (): void => {
      left.current = { ...left.current, scroll: scrollY };
    };
    left.current.hash = location.hash === "" ? hashOf("/") : location.hash;
    addEventListener("scroll", keep, { passive: true });
    return () => removeEventListener("scroll", keep);
  });
  useLayoutEffect(() => {
    const came = before.current;
    before.current = incident;
    if (came === incident) return;
    if (incident !== undefined) {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("main h1")?.focus();
      return;
    }
    if (came === undefined) return;
    scrollTo(0, left.current.scroll);
    document.getElementById(`incident-${decoded(came)}`)?.focus({ preventScroll: true });
  }, [incident]);
  return left.current.hash;
}

function useTitle({ incidents }: MedicView, incident: string | undefined): void {
  const open = [...incidents.values()].filter(isOpen).length;
  useEffect(() => {
    const where = incident === undefined ? "" : `${decoded(incident)} · `;
    document.title = `${where}${open === 0 ? "" : `${counted(open, "open incident")} · `}Build Medic`;
  }, [open, incident]);
}

/** A name in an address that somebody wrote by hand may be anything. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
