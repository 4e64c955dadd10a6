import type { IncidentJson } from "../../src/api/incident-json.ts";
import type { StatusJson } from "../../src/api/status-json.ts";
import { isClosed } from "../../src/core/incident.ts";
import type { Look } from "../shared/looks.ts";
import { Banner } from "../shared/notices.tsx";
import { Pill } from "../shared/pill.tsx";
import { Ago } from "../shared/times.tsx";
import type { MedicView } from "./use-medic.ts";

export function isOpen({ status }: IncidentJson): boolean {
  return !isClosed(status.phase);
}

/** Whether the medic sees and may act, in the header of every view. */
export function HeaderStatus({ medic }: { readonly medic: MedicView }) {
  const { status, connection } = medic;
  if (status === undefined) return <span>{connectionWords[connection.state]}</span>;
  const { ready, checks, mode, role, model, version, startedAt } = status;
  const wrong = Object.entries(checks).filter(([, check]) => check !== true);
  return (
    <>
      <Pill look={ready ? watching : notReady} />
      {wrong.length > 0 && (
        <span class="header-wrong" dir="auto">
          {wrong.map(([name, check]) => `${name}: ${check === false ? "not there yet" : check}`).join("; ")}
        </span>
      )}
      <Pill look={mode === "observe" ? observes : role === "leader" ? acts : standsBy} />
      <span>{model === undefined ? "playbook only, no model" : `tier 2: ${model}`}</span>
      <span>
        version {version}, started <Ago at={startedAt} />
      </span>
      <span class="live">
        <Pill look={connection.state === "live" ? live : lost} />
      </span>
    </>
  );
}

const watching: Look = { word: "watching", tone: "good", shape: "check" };
const notReady: Look = { word: "does not see the cluster", tone: "bad", shape: "square" };
const observes: Look = { word: "observe mode", tone: "warn", shape: "pause" };
const acts: Look = { word: "acts", tone: "good", shape: "play" };
const standsBy: Look = { word: "standby: another one acts", tone: "info", shape: "pause" };
const live: Look = { word: "live", tone: "idle", shape: "ring" };
const lost: Look = { word: "not live", tone: "warn", shape: "triangle" };

const connectionWords = {
  connecting: "connecting …",
  live: "connected, waiting for the first answer …",
  lost: "not connected, trying again …",
} as const;

/** Loud, because everything looks as if it were repaired by the medic and nothing is. */
export function ObserveBanner({ status }: { readonly status: StatusJson }) {
  if (status.mode !== "observe") return null;
  const { wouldHave } = status.totals;
  const would = wouldHave["repair-tier1"] + wouldHave["repair-tier2"];
  return (
    <Banner tone="warn">
      <strong>Observe mode: the medic changes nothing.</strong> It only says what it would have done
      {status.modeBecause === undefined ? "" : `, because ${status.modeBecause}`}. So far: {would} repaired,{" "}
      {wouldHave.investigate} given to a model, {wouldHave.minutesSaved} minutes of builds saved.
    </Banner>
  );
}
