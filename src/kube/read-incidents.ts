import { IncidentResource } from "../core/contract.ts";
import type { Incident } from "../core/incident.ts";
import type { JsonObject } from "../core/json.ts";
import { systemClock } from "../lib/clock.ts";
import { MedicError } from "../lib/medic-error.ts";
import { version } from "../lib/version.ts";
import { ApiClient, isNotFound } from "./api-client.ts";
import { decodeIncident } from "./incident-codec.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { objects } from "./raw.ts";

const LIMIT_MS = 20_000;

/** Every kept Incident, read once. Rejects in one sentence without the definition or the right to read it. */
export async function readIncidents(access: ClusterAccess, namespace: string): Promise<readonly Incident[]> {
  const client = new ApiClient({ access, version, clock: systemClock });
  try {
    return await listIncidents(client, namespace, AbortSignal.timeout(LIMIT_MS));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new MedicError(
      "crd-missing",
      "the cluster has no Incidents; install their definition with `build-medic crds | kubectl apply -f -`",
      { cause: error },
    );
  } finally {
    client.close();
  }
}

export async function listIncidents(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Incident[]> {
  const path = `/apis/${IncidentResource.group}/${IncidentResource.version}/namespaces/${encodeURIComponent(namespace)}/${IncidentResource.plural}`;
  const list = await client.request<JsonObject>({ method: "GET", path, signal });
  return objects(list["items"]).flatMap((raw) => decodeIncident(raw) ?? []);
}
