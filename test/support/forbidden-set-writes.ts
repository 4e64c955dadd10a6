import type { Attempt } from "./medic-chart.ts";
import { dbImage, serverImage, setsPath } from "./test-stack.ts";

/** What must be refused by the admission policy, and with which sentence. */
export interface Forbidden {
  readonly what: string;
  readonly request: Attempt;
  readonly says: RegExp;
}

export const watched = "build-watched";
export const unwatched = "build-unwatched";
export const pausedBuild = "build-paused";

const spec = "/spec/template/spec";
const first = `${spec}/containers/0`;
export type Operation = readonly [op: "add" | "replace" | "remove", path: string, value?: unknown];

export function patch(set: string, operations: readonly Operation[], namespace = watched): Attempt {
  const body = operations.map(([op, path, value]) => ({ op, path, ...(op === "remove" ? {} : { value }) }));
  return { method: "PATCH", path: `${setsPath(namespace)}/${set}`, body };
}

const sets = (what: string, says: RegExp, set: string, ...operations: readonly Operation[]): Forbidden => ({
  what,
  request: patch(set, operations),
  says,
});

/** A template that declares everything that widens a pod's rights. */
export const trapTemplate = {
  metadata: { labels: { app: "server-0", "medic/client": "0", "medic/role": "server" } },
  spec: {
    hostNetwork: true,
    hostPID: true,
    hostIPC: true,
    serviceAccountName: "mighty",
    automountServiceAccountToken: true,
    volumes: [{ name: "root", hostPath: { path: "/" } }],
    securityContext: { windowsOptions: { hostProcess: true } },
    initContainers: [{ name: "init", image: dbImage, command: ["/bin/init"] }],
    containers: [
      {
        name: "server",
        image: serverImage,
        args: ["--serve"],
        readinessProbe: { exec: { command: ["/bin/probe"] } },
        securityContext: {
          privileged: true,
          allowPrivilegeEscalation: true,
          procMount: "Unmasked",
          capabilities: { add: ["NET_ADMIN"], drop: [] },
          windowsOptions: { hostProcess: true },
        },
      },
      { name: "added", image: serverImage },
    ],
  },
};

const image = /an image may become only/;
const command = /a command may become only/;
const args = /arguments may become only/;
const annotations = /annotations of a StatefulSet/;
const labels = /labels, owners and finalizers/;
const onlyTwo = /only spec\.replicas and spec\.template may change/;
const host = /no host namespace/;
const account = /service account/;
const hostProcess = /host process/;
const privileged = /privileged or sees an unmasked/;
const capability = /no capability is added/;
const added = /no container is added/;

/** On StatefulSets; server-0 declares `trapTemplate`, server-1 image and command, server-2 has two containers, server-3 declares nothing, server-6 has an init container. */
export const forbiddenOnStatefulSets: readonly Forbidden[] = [
  sets("an image that is not declared", image, "server-0", ["replace", `${first}/image`, "farm.test/evil:1"]),
  sets("an image that ends a declared one's text", image, "server-0", ["replace", `${first}/image`, "good"]),
  sets("an image with a quote in it", image, "server-0", [
    "replace",
    `${first}/image`,
    `${serverImage}","args":["--serve`,
  ]),
  sets("an image that is not declared, without a template", image, "server-1", [
    "replace",
    `${first}/image`,
    "x:1",
  ]),
  sets("an image of a pod with two containers", image, "server-2", [
    "replace",
    `${spec}/containers/1/image`,
    serverImage,
  ]),
  sets("an init container's image as the server's", image, "server-6", [
    "replace",
    `${spec}/initContainers/0/image`,
    serverImage,
  ]),
  sets("an image where nothing is declared", image, "server-3", ["replace", `${first}/image`, "x:1"]),
  sets("a command that is not declared", command, "server-0", ["add", `${first}/command`, ["/bin/sh"]]),
  sets("a probe's command", command, "server-0", ["add", `${first}/command`, ["/bin/probe"]]),
  sets("a part of the declared command", command, "server-1", ["replace", `${first}/command`, ["serve"]]),
  sets("the declared command as one word", command, "server-1", [
    "replace",
    `${first}/command`,
    ['serve","--all'],
  ]),
  sets("no command where one is declared", command, "server-1", ["remove", `${first}/command`]),
  sets("a command where nothing is declared", command, "server-3", ["add", `${first}/command`, ["/bin/sh"]]),
  sets("arguments that are not declared", args, "server-0", ["add", `${first}/args`, ["--evil"]]),
  sets("replicas that are not declared", /replicas may become only/, "server-0", [
    "replace",
    "/spec/replicas",
    5,
  ]),
  sets("replicas where nothing is declared", /replicas may become only/, "server-3", [
    "replace",
    "/spec/replicas",
    2,
  ]),
  sets("another intent", annotations, "server-1", [
    "replace",
    "/metadata/annotations/medic~1expected-image",
    "x:1",
  ]),
  sets("an intent of its own", annotations, "server-3", [
    "add",
    "/metadata/annotations",
    { "medic/expected-image": "x" },
  ]),
  sets("no intent", annotations, "server-0", ["remove", "/metadata/annotations/medic~1expected-template"]),
  sets("a stack as no one's", labels, "server-0", ["remove", "/metadata/labels/medic~1client"]),
  sets("the tests as started", labels, "server-0", ["add", "/metadata/labels/medic~1tests", "started"]),
  sets("a finalizer", labels, "server-0", ["add", "/metadata/finalizers", ["example.com/keep"]]),
  sets("the update strategy", onlyTwo, "server-0", ["replace", "/spec/updateStrategy", { type: "OnDelete" }]),
  sets("minReadySeconds", onlyTwo, "server-0", ["add", "/spec/minReadySeconds", 600]),
  sets("a stack whose tests have started", /tests of this stack have started/, "server-4", [
    "replace",
    `${first}/image`,
    serverImage,
  ]),
  sets("a paused StatefulSet", /StatefulSet is annotated medic\/paused/, "server-5", [
    "replace",
    `${first}/image`,
    serverImage,
  ]),
  ...(["hostNetwork", "hostPID", "hostIPC"] as const).map((key) =>
    sets(key, host, "server-0", ["add", `${spec}/${key}`, true]),
  ),
  sets("a host path", /no hostPath volume/, "server-0", [
    "add",
    `${spec}/volumes`,
    trapTemplate.spec.volumes,
  ]),
  sets("another service account", account, "server-0", ["add", `${spec}/serviceAccountName`, "mighty"]),
  sets("the service account's token", account, "server-0", [
    "replace",
    `${spec}/automountServiceAccountToken`,
    true,
  ]),
  sets(
    "a pod of host processes",
    hostProcess,
    "server-0",
    ["add", `${spec}/hostNetwork`, true],
    ["add", `${spec}/securityContext`, { windowsOptions: { hostProcess: true } }],
  ),
  sets(
    "a container as a host process",
    hostProcess,
    "server-0",
    ["add", `${spec}/hostNetwork`, true],
    ["add", `${first}/securityContext/windowsOptions`, { hostProcess: true }],
  ),
  sets(
    "a privileged container",
    privileged,
    "server-0",
    ["remove", `${first}/securityContext/allowPrivilegeEscalation`],
    ["add", `${first}/securityContext/privileged`, true],
  ),
  sets("a privileged container that had no security context", privileged, "server-1", [
    "add",
    `${first}/securityContext`,
    { privileged: true },
  ]),
  sets(
    "an unmasked /proc",
    privileged,
    "server-0",
    ["add", `${spec}/hostUsers`, false],
    ["add", `${first}/securityContext/procMount`, "Unmasked"],
  ),
  sets("allowPrivilegeEscalation", /allowPrivilegeEscalation false stays/, "server-0", [
    "replace",
    `${first}/securityContext/allowPrivilegeEscalation`,
    true,
  ]),
  sets("allowPrivilegeEscalation by leaving it out", /allowPrivilegeEscalation false stays/, "server-0", [
    "remove",
    `${first}/securityContext/allowPrivilegeEscalation`,
  ]),
  sets("a capability", capability, "server-0", [
    "add",
    `${first}/securityContext/capabilities/add`,
    ["NET_ADMIN"],
  ]),
  sets("a capability that was dropped", capability, "server-0", [
    "remove",
    `${first}/securityContext/capabilities`,
  ]),
  sets("a container", added, "server-0", ["add", `${spec}/containers/-`, trapTemplate.spec.containers[1]]),
  sets("an init container", added, "server-0", [
    "add",
    `${spec}/initContainers`,
    trapTemplate.spec.initContainers,
  ]),
  {
    what: "a namespace that is not watched",
    request: patch("server-0", [["replace", `${first}/image`, serverImage]], unwatched),
    says: /not labelled medic\/watch=true/,
  },
  {
    what: "a paused namespace",
    request: patch("server-0", [["replace", `${first}/image`, serverImage]], pausedBuild),
    says: /namespace is annotated medic\/paused/,
  },
  {
    what: "the same as a dry run",
    request: { ...patch("server-0", [["replace", `${first}/image`, "x:1"]]), query: { dryRun: "All" } },
    says: image,
  },
];
