import { containerOf, serverImage } from "./test-stack.ts";
import type { StackOptions } from "./test-stack.ts";

type Json = Record<string, unknown>;

/** A server's StatefulSet that has drifted, and the JSON Patch that sets it right. */
export interface Permitted {
  readonly stack: Omit<StackOptions, "namespace" | "client">;
  readonly operations: readonly Json[];
}

const withoutTemplate = { withoutTemplate: true } as const;
export const badImage = (set: Json): unknown => (containerOf(set)["image"] = "farm.test/server:missing");
const first = "/spec/template/spec/containers/0";
const command = (...words: string[]): Json => ({ op: "add", path: `${first}/command`, value: words });
const image = { op: "replace", path: `${first}/image`, value: serverImage };
const templateWith = (container: Json): Json => ({
  metadata: { labels: { app: "x" } },
  spec: { containers: [{ image: serverImage, name: "server", ...container }] },
});

/** What the admission policy must let through, by what it is. */
export const permittedRepairs: Readonly<Record<string, Permitted>> = {
  "set an image back to the declared template": { stack: { fault: badImage }, operations: [image] },
  "set an image back, and leave the command to the image": {
    stack: {
      ...withoutTemplate,
      fault: (set) => {
        badImage(set);
        containerOf(set)["command"] = ["sleep"];
      },
    },
    operations: [image, { op: "remove", path: `${first}/command` }],
  },
  "set an image back beside an init container": {
    stack: {
      ...withoutTemplate,
      fault: (set) => {
        badImage(set);
        const { template } = set["spec"] as { template: { spec: Json } };
        template.spec["initContainers"] = [{ name: "init", image: "farm.test/init:1", command: ["true"] }];
      },
    },
    operations: [image],
  },
  "take away a command that the template does not have": {
    stack: { fault: (set) => (containerOf(set)["command"] = ["sleep"]) },
    operations: [{ op: "remove", path: `${first}/command` }],
  },
  "set a declared command, written by hand": {
    stack: { ...withoutTemplate, annotations: { "medic/expected-command": '["say", "a \\"b\\" <c>"]' } },
    operations: [command("say", 'a "b" <c>')],
  },
  "set the command and the arguments of a template as Helm's toJson writes it": {
    stack: {
      annotations: {
        "medic/expected-template": JSON.stringify(
          templateWith({ args: ["x > y && z"], command: ["sh", "-c"] }),
        )
          .replaceAll(">", "\\u003e")
          .replaceAll("&", "\\u0026"),
      },
    },
    operations: [command("sh", "-c"), { op: "add", path: `${first}/args`, value: ["x > y && z"] }],
  },
  "set replicas back": {
    stack: { fault: (set) => ((set["spec"] as Json)["replicas"] = 0) },
    operations: [{ op: "replace", path: "/spec/replicas", value: 1 }],
  },
  "set the rest of a template back": {
    stack: { fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]) },
    operations: [{ op: "replace", path: `${first}/env/0/value`, value: "db-0" }],
  },
  "roll back to an earlier template that runs the declared image": {
    stack: { ...withoutTemplate, fault: badImage },
    operations: [
      {
        op: "replace",
        path: "/spec/template/spec",
        value: {
          containers: [{ name: "server", image: serverImage, args: ["--earlier"], env: [] }],
          securityContext: { runAsNonRoot: true },
        },
      },
    ],
  },
  "note isolated nodes": {
    stack: {},
    operations: [{ op: "add", path: "/metadata/annotations/medic~1isolated-nodes", value: "fake-1" }],
  },
};
