import { callApi } from "../../farm/cluster/api-client.ts";
import type { ApiAccess } from "../../farm/cluster/api-client.ts";
import { change, containerOf, createStack, setsPath } from "../../test/support/test-stack.ts";
import type { StackOptions } from "../../test/support/test-stack.ts";
import { CLIENT, SERVER } from "./outage.ts";
import type { Outage } from "./outage.ts";

/** A way in which a stack is broken. */
export interface Kind {
  readonly name: string;
  /** For people: what is wrong and how it is to end. */
  readonly what: string;
  /** How often, beside the others. */
  readonly share: number;
  /** How it ends when nothing stands in the way; `none`: it is left alone. */
  readonly end: "Resolved" | "Escalated" | "none";
  /** A model is asked about it. */
  readonly episode: boolean;
  /** What may be written at most once: the StatefulSet to its intent, its stuck pod, the cordoned node. */
  readonly mayWrite: readonly ("statefulset" | "pod" | "node")[];
  /** What is deployed. Ready at first, unless it is `born` broken. */
  readonly stack?: (outage: Outage) => Omit<StackOptions, "namespace" | "client">;
  readonly born?: true;
  /** Breaks what was ready. */
  readonly fault?: (set: Json) => void;
}

type Json = Record<string, unknown>;

const missing = "farm.test/server:missing";

export const KINDS: readonly Kind[] = [
  {
    name: "image drift",
    what: "the server's image is changed to one that does not exist; repaired",
    share: 34,
    end: "Resolved",
    episode: false,
    mayWrite: ["statefulset", "pod"],
    fault: (set) => (containerOf(set)["image"] = missing),
  },
  {
    name: "replicas 0",
    what: "the server is scaled to nothing; repaired",
    share: 16,
    end: "Resolved",
    episode: false,
    mayWrite: ["statefulset"],
    fault: (set) => (specOf(set)["replicas"] = 0),
  },
  {
    name: "intent unusable",
    what: "what is declared contradicts itself and the pod cannot pull; escalated by the playbook",
    share: 18,
    end: "Escalated",
    episode: false,
    mayWrite: [],
    fault: (set) => {
      annotationsOf(set)["medic/expected-replicas"] = "three";
      containerOf(set)["image"] = missing;
    },
  },
  {
    name: "declared image missing",
    what: "the image that is declared does not exist; an episode, then escalated",
    share: 9,
    end: "Escalated",
    episode: true,
    mayWrite: [],
    born: true,
    stack: () => ({
      annotations: { "medic/expected-image": missing, "medic/expected-template": null },
      fault: (set) => (containerOf(set)["image"] = missing),
    }),
  },
  {
    name: "never ready",
    what: "as declared, and yet it never becomes ready; an episode, then escalated",
    share: 9,
    end: "Escalated",
    episode: true,
    mayWrite: ["pod"],
    born: true,
    stack: () => ({
      withoutTemplate: true,
      fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]),
    }),
  },
  {
    name: "cordoned node",
    what: "the only node that fits it is cordoned; an episode uncordons it",
    share: 9,
    end: "Resolved",
    episode: true,
    mayWrite: ["node"],
    born: true,
    stack: ({ node }) => ({ fault: (set) => bindTo(set, node) }),
  },
  {
    name: "broken in its tests",
    what: "an image is changed after its tests started; left alone",
    share: 5,
    end: "none",
    episode: false,
    mayWrite: [],
    fault: (set) => {
      (metadataOf(set)["labels"] as Record<string, string>)["medic/tests"] = "started";
      containerOf(set)["image"] = missing;
    },
  },
];

/** Deploys the stack of an outage; it is not watched yet. */
export async function deploy(admin: ApiAccess, outage: Outage): Promise<void> {
  if (outage.kind.name === "cordoned node") await createCordonedNode(admin, outage.node);
  const options = outage.kind.stack?.(outage) ?? {};
  await createStack(admin, { namespace: outage.namespace, client: CLIENT, ...options });
}

/** Breaks it. */
export async function breakStack(admin: ApiAccess, { namespace, kind }: Outage): Promise<void> {
  if (kind.fault !== undefined) await change(admin, `${setsPath(namespace)}/${SERVER}`, kind.fault);
}

/** Both the stack and its intent name the node. */
function bindTo(set: Json, node: string): void {
  const { template } = specOf(set) as { template: { spec: Json } };
  template.spec["nodeSelector"] = { "kubernetes.io/hostname": node };
  annotationsOf(set)["medic/expected-template"] = JSON.stringify(template);
}

async function createCordonedNode(admin: ApiAccess, name: string): Promise<void> {
  const room = { cpu: "64", memory: "256Gi", pods: "500", "ephemeral-storage": "1Ti" };
  const answer = await callApi(admin, "POST", "/api/v1/nodes", {
    body: {
      metadata: {
        name,
        annotations: { "kwok.x-k8s.io/node": "fake" },
        labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", type: "kwok" },
      },
      spec: { unschedulable: true },
      status: { allocatable: room, capacity: room },
    },
  });
  if (answer.status >= 300) throw new Error(`node ${name}: ${answer.status}`);
}

function specOf(set: Json): Json {
  return set["spec"] as Json;
}

function metadataOf(set: Json): Json {
  return set["metadata"] as Json;
}

function annotationsOf(set: Json): Record<string, string> {
  return metadataOf(set)["annotations"] as Record<string, string>;
}
