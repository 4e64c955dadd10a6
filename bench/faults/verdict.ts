import type { StoredIncident } from "../../test/support/medic-process.ts";
import { isReady } from "../mirror.ts";
import { judge } from "./judge.ts";
import type { Offence } from "./judge.ts";
import type { Outage } from "./outage.ts";
import { medicWrites } from "./writes.ts";
import type { Write } from "./writes.ts";
import type { World } from "./world.ts";

interface Judged {
  readonly outage: Outage;
  readonly offences: readonly Offence[];
  /** How its incidents ended. */
  readonly phases: readonly string[];
}

export interface Verdicts {
  readonly judged: readonly Judged[];
  /** What was done or told about stacks that nobody had broken. */
  readonly strays: readonly Offence[];
  readonly writes: number;
  readonly refused: number;
  readonly messages: number;
  readonly incidents: number;
}

/** Asks the API server's audit log, its objects and the chat what came of everything. The medics are not asked. */
export async function pronounce(world: World, outages: readonly Outage[]): Promise<Verdicts> {
  const { writes, refused } = await medicWrites(world.plane.auditLog);
  const messages = world.chat.messages().map((message) => JSON.stringify(message));
  const incidents = world.incidents.list();
  const broken = outages.filter(({ brokenAt }) => brokenAt !== undefined);
  const judged = broken.map((outage) => {
    const own = incidents.filter(({ spec }) => spec["namespace"] === outage.namespace);
    const offences = judge({
      outage,
      incidents: own,
      messages: messages.filter((message) => message.includes(outage.namespace)).length,
      writes: writes.filter((write) => isAbout(write, outage)),
      ready: isStackReady(world, outage),
    });
    return { outage, offences, phases: own.map(({ status }) => status?.phase ?? "none") };
  });
  const strays = straysIn(broken, { writes, messages, incidents });
  return {
    judged,
    strays,
    writes: writes.length,
    refused,
    messages: messages.length,
    incidents: incidents.length,
  };
}

function isAbout({ resource, namespace, name }: Write, outage: Outage): boolean {
  return namespace === outage.namespace || (resource === "nodes" && name === outage.node);
}

function isStackReady({ pods }: World, { namespace }: Outage): boolean {
  const own = pods.list().filter(({ metadata }) => metadata.namespace === namespace);
  return own.length === 2 && own.every(isReady);
}

interface Everything {
  readonly writes: readonly Write[];
  readonly messages: readonly string[];
  readonly incidents: readonly StoredIncident[];
}

function straysIn(
  outages: readonly Outage[],
  { writes, messages, incidents }: Everything,
): readonly Offence[] {
  const namespaces = new Set(outages.map(({ namespace }) => namespace));
  return [
    ...writes
      .filter((write) => !outages.some((outage) => isAbout(write, outage)))
      .map(({ verb, resource, namespace, name }) => ({
        verdict: "wrong" as const,
        why: `${verb} ${resource} ${namespace}/${name}, which nobody had broken`,
      })),
    ...messages
      .filter((message) => !outages.some(({ namespace }) => message.includes(namespace)))
      .map((message) => ({ verdict: "doubled" as const, why: `about no outage: ${message.slice(0, 200)}` })),
    ...incidents
      .filter(({ spec }) => !namespaces.has(spec["namespace"] ?? ""))
      .map(({ metadata, status }) => ({
        verdict: "wrong" as const,
        why: `an incident where nothing was broken: ${metadata.name} ${status?.reason} ${status?.rootCause}`,
      })),
  ];
}
