import { IncidentResource } from "../core/contract.ts";
import type { Incident, IncidentSpec, IncidentStatus } from "../core/incident.ts";
import type { JsonObject } from "../core/json.ts";
import type { Call, Clock, Incidents, Log } from "../controllers/ports.ts";
import { ApiError, isConflict, isNotFound } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";
import { decodeIncident, encodeSpec, encodeStatus } from "./incident-codec.ts";
import { createInformer } from "./informer.ts";
import type { Informer, RawObject } from "./informer.ts";

const API_VERSION = `${IncidentResource.group}/${IncidentResource.version}`;

export interface IncidentStore extends Incidents {
  readonly informer: Informer<Incident>;
}

/** Incidents as custom resources in the medic's own namespace. Own writes are seen at once, before the watch brings them. */
export function createIncidentStore(options: {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly log: Log;
  readonly clock: Clock;
  onChange(incident: Incident, removed: boolean): void;
}): IncidentStore {
  const { client } = options;
  const base = `/apis/${API_VERSION}/namespaces/${encodeURIComponent(options.namespace)}/${IncidentResource.plural}`;
  const own = new Map<string, Incident>();
  const informer = createInformer<Incident>({
    client,
    path: base,
    log: options.log,
    clock: options.clock,
    parse: (raw: RawObject) => decodeIncident(raw),
    onChange(type, incident) {
      const written = own.get(incident.name);
      if (type === "deleted" || (written !== undefined && !isNewer(written, incident)))
        own.delete(incident.name);
      options.onChange(incident, type === "deleted");
    },
  });

  function stored(raw: JsonObject, changed: boolean): Incident {
    const incident = decodeIncident(raw);
    if (incident === undefined)
      throw new ApiError("read Incident: the API server's answer has no name", { status: 0 });
    own.set(incident.name, incident);
    if (changed) options.onChange(incident, false);
    return incident;
  }

  function list(): readonly Incident[] {
    const cached = informer.list();
    const newest = cached.map((incident) => newestOf(incident, own.get(incident.name)));
    const names = new Set(cached.map(({ name }) => name));
    return [...newest, ...[...own.values()].filter(({ name }) => !names.has(name))];
  }

  async function read(name: string, { signal }: Call): Promise<Incident | undefined> {
    try {
      return stored(
        await client.request<JsonObject>({ method: "GET", path: `${base}/${name}`, signal }),
        false,
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
      own.delete(name);
      return undefined;
    }
  }

  async function update(
    incident: Incident,
    status: IncidentStatus,
    { signal }: Call,
  ): Promise<Incident | undefined> {
    const body = {
      apiVersion: API_VERSION,
      kind: IncidentResource.kind,
      metadata: {
        name: incident.name,
        namespace: options.namespace,
        uid: incident.uid,
        resourceVersion: incident.resourceVersion,
      },
      spec: encodeSpec(incident.spec),
      status: encodeStatus(status),
    };
    try {
      return stored(
        await client.request<JsonObject>({
          method: "PUT",
          path: `${base}/${incident.name}/status`,
          body,
          signal,
        }),
        true,
      );
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      return undefined;
    }
  }

  async function create(
    name: string,
    spec: IncidentSpec,
    status: IncidentStatus,
    call: Call,
  ): Promise<{ incident: Incident; created: boolean }> {
    const body = {
      apiVersion: API_VERSION,
      kind: IncidentResource.kind,
      metadata: { name, namespace: options.namespace },
      spec: encodeSpec(spec),
    };
    let made: Incident;
    try {
      made = stored(
        await client.request<JsonObject>({ method: "POST", path: base, body, signal: call.signal }),
        false,
      );
    } catch (error) {
      if (!isConflict(error)) throw error;
      const existing = await read(name, call);
      if (existing === undefined) throw error;
      return { incident: existing, created: false };
    }
    const written = await update(made, status, call);
    return { incident: written ?? (await read(name, call)) ?? made, created: true };
  }

  async function remove({ name, uid }: Incident, { signal }: Call): Promise<void> {
    try {
      await client.request({
        method: "DELETE",
        path: `${base}/${name}`,
        body: { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid } },
        signal,
      });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    own.delete(name);
  }

  return { informer, list, read, update, create, remove };
}

function newestOf(cached: Incident, written: Incident | undefined): Incident {
  return written !== undefined && isNewer(written, cached) ? written : cached;
}

/** The API server's resource versions are etcd revisions: a later write of the same object has the higher number. */
function isNewer(left: Incident, right: Incident): boolean {
  return left.uid === right.uid && Number(left.resourceVersion) > Number(right.resourceVersion);
}
