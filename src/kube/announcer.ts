import { createHash } from "node:crypto";
import type { Announcement } from "../core/announcement.ts";
import type { Incident } from "../core/incident.ts";
import { redact } from "../core/redact.ts";
import type { Announcer, Call, Clock, Log } from "../controllers/ports.ts";
import { messageOf } from "../lib/medic-error.ts";
import { isConflict } from "./api-client.ts";
import type { ApiClient } from "./api-client.ts";

const COMPONENT = "build-medic";

/**
 * Kubernetes Events on the StatefulSet of an incident. The name follows from what is said, so saying it again makes no second
 * one. They are a courtesy: an account that may not write them, or an API server that does not answer, keeps nothing from being done.
 */
export function createAnnouncer(options: {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
}): Announcer {
  const { client, clock, log } = options;
  return {
    async announce(incident, announcement, { signal }: Call) {
      const { namespace } = incident.spec;
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
      const body = eventOf(incident, announcement, clock.now());
      try {
        await client.request({ method: "POST", path, body, signal, timeoutMs: 3_000 });
      } catch (error) {
        if (!isConflict(error))
          log.debug("event not written", { incident: incident.name, error: messageOf(error) });
      }
    },
  };
}

function eventOf({ name, spec }: Incident, { reason, type, message }: Announcement, now: number): object {
  const at = new Date(now).toISOString();
  const said = redact(message);
  const id = createHash("sha256").update(`${name}\n${reason}\n${said}`).digest("hex").slice(0, 16);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${spec.statefulSet}.${id}`, namespace: spec.namespace },
    involvedObject: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: spec.statefulSet,
      namespace: spec.namespace,
      uid: spec.statefulSetUid,
    },
    reason,
    type,
    message: said,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
