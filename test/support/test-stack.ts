import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";

/** Small stacks on a control plane with fake nodes, made and read straight through the API server. */

export const serverImage = "farm.test/server:good";
export const dbImage = "farm.test/db:good";

type Json = Record<string, unknown>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly Json[];
}

export interface StackOptions {
  readonly namespace: string;
  readonly client: string;
  /** Extra or other annotations on the server's StatefulSet; `null` takes one away. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** Changes what is deployed, after the intent was written down: the fault. */
  readonly fault?: (statefulSet: Json) => void;
  /** Leave the template intent out. */
  readonly withoutTemplate?: true;
  readonly serverLabels?: Readonly<Record<string, string>>;
  /** More containers of the server's pod. */
  readonly extraContainers?: readonly Container[];
  /** What both really run where the nodes are real. */
  readonly runs?: { readonly image: string; readonly command: readonly string[] };
}

export async function createBuild(admin: ApiAccess, namespace: string, watched = true): Promise<void> {
  await created(admin, "/api/v1/namespaces", {
    metadata: {
      name: namespace,
      labels: { "medic/watch": String(watched), "medic/run-id": namespace.replace(/^build-/, "") },
    },
  });
}

/** A server and a database as a build would deploy them. */
export async function createStack(admin: ApiAccess, options: StackOptions): Promise<void> {
  const { namespace, client, runs } = options;
  const db = statefulSet(`db-${client}`, { client, role: "db" }, [{ name: "db", image: dbImage, ...runs }]);
  const serverContainers = [
    { name: "server", image: serverImage, ...runs, env: [{ name: "DB_HOST", value: `db-${client}` }] },
    ...(options.extraContainers ?? []),
  ];
  const server = statefulSet(
    `server-${client}`,
    { client, role: "server", ...options.serverLabels },
    serverContainers,
  );
  if (options.withoutTemplate) delete annotationsOf(server)["medic/expected-template"];
  for (const [key, value] of Object.entries(options.annotations ?? {})) {
    if (value === null) delete annotationsOf(server)[key];
    else annotationsOf(server)[key] = value;
  }
  options.fault?.(server);
  for (const set of [db, server]) await created(admin, setsPath(namespace), set);
}

export function setsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
}

function statefulSet(
  name: string,
  labels: Readonly<Record<string, string>> & { client: string; role: string },
  containers: readonly Container[],
): Json {
  const { client, role, ...more } = labels;
  const [{ command } = {}] = containers;
  const own = { "medic/client": client, "medic/role": role };
  const template = {
    metadata: { labels: { app: name, ...own } },
    spec: { containers, terminationGracePeriodSeconds: 1 },
  };
  return {
    metadata: {
      name,
      labels: { ...own, ...more },
      annotations: {
        "medic/expected-image": containers[0]?.image ?? "",
        "medic/expected-replicas": "1",
        "medic/expected-command": command === undefined ? "" : JSON.stringify(command),
        "medic/expected-template": JSON.stringify(template),
      },
    },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: JSON.parse(JSON.stringify(template)),
    },
  };
}

function annotationsOf(set: Json): Record<string, string> {
  return (set["metadata"] as { annotations: Record<string, string> }).annotations;
}

/** The first container of a StatefulSet's template. */
export function containerOf(set: Json): Json {
  const { template } = set["spec"] as { template: { spec: { containers: Json[] } } };
  const [container] = template.spec.containers;
  assert.ok(container);
  return container;
}

async function created(admin: ApiAccess, path: string, body: Json): Promise<void> {
  const answer = await callApi(admin, "POST", path, { body });
  assert.ok(answer.status < 300, `create ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

export async function read(admin: ApiAccess, path: string): Promise<Json | undefined> {
  const answer = await callApi(admin, "GET", path);
  return answer.status === 200 ? (answer.body as Json) : undefined;
}

/** Changes an object by a merge patch that is computed from what it is now. */
export async function change(admin: ApiAccess, path: string, edit: (object: Json) => void): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const object = await read(admin, path);
    assert.ok(object, `${path} is there`);
    edit(object);
    const answer = await callApi(admin, "PUT", path, { body: object });
    if (answer.status < 300) return;
    assert.equal(answer.status, 409, JSON.stringify(answer.body));
  }
  assert.fail(`${path} kept changing`);
}

/** Asks again and again until the answer is there; fails with the last answer after `seconds`. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  seconds = 120,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    assert.ok(Date.now() < end, `${what}: not within ${seconds} s`);
    await delay(100);
  }
}

/** True when the pod `<set>-0` is Ready. */
export async function isPodReady(admin: ApiAccess, namespace: string, set: string): Promise<boolean> {
  const pod = await read(admin, `/api/v1/namespaces/${namespace}/pods/${set}-0`);
  const { conditions = [] } = (pod?.["status"] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
