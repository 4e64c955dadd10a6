import type { Transcripts } from "../audit/transcripts.ts";
import type { Provider } from "../config/credentials.ts";
import type { Clock, Log } from "../controllers/ports.ts";
import type { Incident } from "../core/incident.ts";
import { isJsonObject } from "../core/json.ts";
import type { Json } from "../core/json.ts";
import { isTold, spansOf } from "../core/trace.ts";
import type { TimedMessage } from "../core/trace.ts";
import { messageOf } from "../lib/medic-error.ts";
import { tracesUrl } from "../telemetry/traces-wanted.ts";
import type { Traces, TracesOptions } from "../telemetry/traces.ts";

/** What was over for longer than this when a term began was told by an earlier one, in milliseconds. */
const RECENT_MS = 15 * 60_000;

/** As OpenTelemetry's conventions name them. */
const providers: Readonly<Record<Provider, string>> = {
  none: "none",
  anthropic: "anthropic",
  bedrock: "aws.bedrock",
  vertex: "gcp.vertex_ai",
};

export interface TraceTeller {
  /** Sends the incident's trace once it is over, and only once in this process. */
  incidentChanged(incident: Incident, removed: boolean): void;
  /** Sends what is queued. Never rejects. */
  stop(): Promise<void>;
}

export interface TraceTellerDeps {
  readonly transcripts: Pick<Transcripts, "read">;
  readonly provider: Provider;
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const none: TraceTeller = { incidentChanged() {}, stop: () => Promise.resolve() };

/** Tells traces where the standard variables name a collector; without one nothing of OpenTelemetry is loaded. */
export async function openTraceTeller(
  deps: TraceTellerDeps &
    Omit<TracesOptions, "url"> & { readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<TraceTeller> {
  const url = tracesUrl(deps.environment);
  if (url === undefined) return none;
  const { openTraces } = await import("../telemetry/traces.ts");
  try {
    const traces = openTraces({ ...deps, url });
    deps.log.info("traces are on", { to: new URL(url).host });
    return createTraceTeller({ ...deps, traces });
  } catch (error) {
    deps.log.warn("NO TRACES: the address of the collector cannot be used", { error: messageOf(error) });
    return none;
  }
}

/** Only the leader tells: what it tells again after a restart are the same spans, by their ids. */
export function createTraceTeller(deps: TraceTellerDeps & { readonly traces: Traces }): TraceTeller {
  const told = new Set<string>();

  async function tell(incident: Incident): Promise<void> {
    const messages =
      incident.status.episode && (await deps.transcripts.read(incident.name).catch(() => undefined));
    const transcript = messages === undefined ? {} : { transcript: messages.flatMap(timed) };
    deps.traces.send(spansOf(incident, { provider: providers[deps.provider], ...transcript }));
  }

  return {
    incidentChanged(incident, removed) {
      const { uid, status, createdAt } = incident;
      if (removed) told.delete(uid);
      if (removed || told.has(uid) || !isTold(incident) || !deps.leads()) return;
      told.add(uid);
      const over = Math.max(status.times[status.phase] ?? createdAt, status.escalation?.sentAt ?? 0);
      if (deps.clock.now() - over >= RECENT_MS) return;
      tell(incident).catch((error: unknown) =>
        deps.log.warn("a trace could not be told", { incident: incident.name, error: messageOf(error) }),
      );
    },
    stop: () => deps.traces.stop(),
  };
}

function timed(message: Json): readonly TimedMessage[] {
  if (!isJsonObject(message)) return [];
  const at = typeof message["timestamp"] === "string" ? Date.parse(message["timestamp"]) : Number.NaN;
  return [Number.isNaN(at) ? { message } : { at, message }];
}
