import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import type { StackBuilder } from "../../../test/support/builders.ts";
import { templateOf } from "../../../test/support/stack-pieces.ts";
import { podTemplate } from "./pod-template.ts";

const told = (stack: StackBuilder): readonly string[] => podTemplate(stack.podCase().own).split("\n");

test("a template is told with everything that a pod may fail for, and no value of its environment", () => {
  const template = templateOf(
    "server",
    {
      command: ["run"],
      args: ["--fast"],
      ports: [{ containerPort: 8080 }, { containerPort: 9090 }],
      startupProbe: { httpGet: { path: "/readyz" } },
      readinessProbe: { tcpSocket: { port: 1 } },
      livenessProbe: { exec: {} },
      resources: { limits: { memory: "1Gi" } },
      env: [
        { name: "MODE", value: "hidden" },
        { name: "PW", valueFrom: { secretKeyRef: { name: "creds", key: "pw" } } },
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "ODD", valueFrom: {} },
        { value: "hidden" },
      ],
    },
    {
      initContainers: [{ name: "migrate", image: "x:1" }],
      nodeSelector: { os: "linux" },
      affinity: {},
      tolerations: [{ operator: "Exists" }],
      volumes: [{ name: "v", emptyDir: {} }],
      imagePullSecrets: [],
    },
  );
  assert.deepEqual(told(aStack().intent({}).liveTemplate(template)), [
    "Template of server-0:",
    "  init container migrate: image x:1",
    "  container server: image farm.test/server:1",
    '    command: ["run"]',
    '    args: ["--fast"]',
    "    ports: 8080, 9090",
    '    startup probe: {"httpGet":{"path":"/readyz"}}',
    '    readiness probe: {"tcpSocket":{"port":1}}',
    '    liveness probe: {"exec":{}}',
    '    resources: {"limits":{"memory":"1Gi"}}',
    "    environment (names only): MODE, PW (from secretKey creds pw), IP (from field status.podIP), ODD (from ), null",
    '  node selector: {"os":"linux"}',
    '  tolerations: [{"operator":"Exists"}]',
    '  volumes: [{"name":"v","emptyDir":{}}]',
  ]);
});

const declared: Record<string, readonly [StackBuilder, readonly string[]]> = {
  nothing: [aStack().intent({}), []],
  "an image and a command": [
    aStack().intent({ image: "x:1", command: '["a"]' }),
    ["  declared image: x:1", '  declared command: ["a"]'],
  ],
  "the image's own command": [aStack().intent({ command: "" }), ["  declared command: the image's own"]],
  "the whole template": [
    aStack().intent({ template: templateOf("server") }),
    ["  the whole template is declared"],
  ],
};
for (const [what, [stack, lines]] of Object.entries(declared)) {
  test(`what is declared is told: ${what}`, () => assert.deepEqual(told(stack).slice(2), lines));
}

test("a template that is noise has nothing to tell", () => {
  assert.deepEqual(
    told(
      aStack()
        .intent({})
        .set({ template: { spec: [] } }),
    ),
    ["Template of server-0:"],
  );
});
