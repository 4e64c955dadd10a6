import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "../../farm/cluster/api-client.ts";
import { change, createBuild, read, setsPath } from "../../test/support/test-stack.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { isReady, waitingReason } from "../mirror.ts";
import type { Progress } from "../result.ts";
import { KINDS, breakStack, deploy } from "./kinds.ts";
import { namespaceOf, POD, SERVER } from "./outage.ts";
import type { Deletion, Outage } from "./outage.ts";
import { Random } from "./random.ts";
import { Weather } from "./weather.ts";
import type { World } from "./world.ts";

export interface RunOptions {
  readonly world: World;
  readonly outages: readonly Outage[];
  readonly seed: number;
  readonly minutes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Stacks that are made or broken at the same time. */
const AT_ONCE = 10;
/** With more than these open none is broken: so many with the same trouble would be a storm. */
const OPEN_AT_MOST = 35;
/** So long somebody waits for one outage before the next is begun; it goes on being looked after. */
const PATIENCE_MS = 25_000;
const QUIET_MS = 10_000;
/** A refused message is tried again after five minutes. */
const QUIESCENCE_MS = 7 * 60_000;

/** What is to happen to each stack, by the seed alone. */
export function planOutages(count: number, seed: number): readonly Outage[] {
  return Array.from({ length: count }, (_, index): Outage => {
    const random = new Random(seed, `outage ${index}`);
    const kind = random.weighted(KINDS);
    const restarts = random.chance(0.5);
    const inEpisode: Deletion = { when: "episode", turn: random.between(0, 2) };
    const inIncident: Deletion = { when: "incident", afterMs: random.between(200, 8000) };
    const deletes = random.chance(kind.episode ? 0.25 : 0.08);
    return {
      number: index,
      namespace: namespaceOf(index),
      kind,
      node: `cordoned-${index}`,
      restarts,
      deletion: deletes && kind.end !== "none" ? (kind.episode ? inEpisode : inIncident) : undefined,
      deleted: false,
      settled: false,
      met: new Set(),
    };
  });
}

/** Breaks them one after another while faults come and go; then heals everything and waits until nothing moves. */
export async function runOutages(options: RunOptions): Promise<{ weather: Weather; broken: number }> {
  const { world, outages, seed, minutes, progress, signal } = options;
  const isOpen = (outage: Outage): boolean => outage.brokenAt !== undefined && !outage.settled;
  const end = Date.now() + minutes * 60_000;
  const over = new AbortController();
  const queue = [...outages];
  const weather = new Weather({
    scene: { world, open: () => outages.filter(isOpen) },
    seed,
    replicas: world.crew.size,
    signal: AbortSignal.any([over.signal, signal]),
    late: () => queue.length < outages.length / 2 || Date.now() > end - 5 * 60_000,
  });
  const looking = setInterval(() => outages.filter(isOpen).forEach((outage) => look(world, outage)), 250);
  const told = setInterval(() => {
    const open = outages.filter(isOpen).length;
    const settled = outages.filter(({ settled }) => settled).length;
    progress(`${settled} of ${outages.length} settled, ${open} open; now: ${weather.active().join(", ")}`);
  }, 10_000);
  try {
    const raging = weather.run();
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
        while (outages.filter(isOpen).length >= OPEN_AT_MOST && !signal.aborted) await delay(250);
        if (Date.now() > end) return;
        await play(world, next, weather, signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    over.abort();
    await raging;
    await world.heal();
    progress("all faults are healed; waiting until nothing moves any more");
    await quiescence(world, outages, signal);
  } finally {
    over.abort();
    clearInterval(told);
    clearInterval(looking);
  }
  return { weather, broken: outages.filter(({ brokenAt }) => brokenAt !== undefined).length };
}

async function play(world: World, outage: Outage, weather: Weather, signal: AbortSignal): Promise<void> {
  const { admin } = world;
  const { namespace, kind, deletion } = outage;
  await createBuild(admin, namespace, false);
  await deploy(admin, outage);
  await world.pods.until(`${namespace} is deployed`, () => isDeployed(world, outage), 120);
  const set = await read(admin, `${setsPath(namespace)}/${SERVER}`);
  outage.declared = set?.["spec"] as JsonObject;
  await watch(world, namespace);
  // It is one of the healthy ones for a moment.
  if (kind.born !== true) await delay(500);
  outage.brokenAt = Date.now();
  for (const fault of weather.active()) outage.met.add(fault);
  await breakStack(admin, outage);
  if (deletion?.when === "incident")
    void delay(deletion.afterMs, undefined, { signal }).then(
      () => deleteNamespace(world, outage),
      () => {},
    );
  const patience = Date.now() + PATIENCE_MS;
  while (!signal.aborted && Date.now() < patience && !outage.settled) await delay(100);
}

function isDeployed({ pods }: World, { namespace, kind }: Outage): boolean {
  const [server, db] = [pods.get(namespace, POD), pods.get(namespace, "db-0-0")];
  if (server === undefined || db === undefined || !isReady(db)) return false;
  if (kind.name === "declared image missing") return waitingReason(server) !== "";
  if (kind.born === true) return (server.status.conditions ?? []).length > 0;
  return isReady(server);
}

async function watch({ admin }: World, namespace: string): Promise<void> {
  await change(admin, `/api/v1/namespaces/${namespace}`, (object) => {
    const { labels } = object["metadata"] as { labels: Record<string, string> };
    labels["medic/watch"] = "true";
  });
}

export async function deleteNamespace({ admin }: World, outage: Outage): Promise<void> {
  outage.deleted = true;
  await callApi(admin, "DELETE", `/api/v1/namespaces/${outage.namespace}`);
}

/** Once settled, it counts as settled. */
function look(world: World, outage: Outage): void {
  outage.settled ||= isSettled(world, outage);
}

/** Closed, and told where people have to know. */
function isSettled({ incidents, chat, pods }: World, outage: Outage): boolean {
  const { namespace, kind, brokenAt = 0, deleted } = outage;
  const own = incidents.list().filter(({ spec }) => spec["namespace"] === namespace);
  const phases = own.map(({ status }) => status?.phase ?? "");
  if (phases.some((phase) => !["Resolved", "Escalated", "Gone"].includes(phase))) return false;
  if (phases.includes("Escalated"))
    return chat.messages().some((message) => JSON.stringify(message).includes(namespace));
  if (deleted) return pods.get(namespace, POD) === undefined;
  return phases.length > 0 || (kind.end === "none" && Date.now() > brokenAt + 5000);
}

/** Rejects when interrupted; what has not come to rest in time is for the judgement. */
async function quiescence(world: World, outages: readonly Outage[], signal: AbortSignal): Promise<void> {
  const end = Date.now() + QUIESCENCE_MS;
  const open = outages.filter(({ brokenAt }) => brokenAt !== undefined);
  while (Date.now() < end && open.some(({ settled }) => !settled)) await delay(250, undefined, { signal });
  let quietSince = Date.now();
  let last = "";
  while (Date.now() < end && Date.now() - quietSince < QUIET_MS) {
    const now = JSON.stringify([
      world.chat.messages().length,
      world.incidents.list().map(({ metadata }) => metadata.resourceVersion),
    ]);
    if (now !== last) quietSince = Date.now();
    last = now;
    await delay(250, undefined, { signal });
  }
}
