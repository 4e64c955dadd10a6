import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { settingInfos } from "../../../src/config/settings.ts";
import { loadConfig } from "../../../src/config.ts";
import { incidentCrd } from "../../../src/kube/incident-crd.ts";
import { courtesies, neededRights } from "../../../src/kube/rights.ts";
import { version } from "../../../src/lib/version.ts";
import { medicChart as chart } from "../../support/medic-chart.ts";
import { anthropic, find, helm, podOf, render, template } from "../../support/rendered-medic-chart.ts";
import type { Json, PodSpec, Rule } from "../../support/rendered-medic-chart.ts";

const verbsOf = (rules: readonly Rule[]): string[] =>
  rules
    .flatMap(({ apiGroups, resources, resourceNames = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => [verb, `${resource}.${group}`, ...resourceNames].join(" ")),
        ),
      ),
    )
    .toSorted();

describe("the build-medic chart", () => {
  it("is found good by helm lint, with and without everything", () => {
    for (const more of [[], ["--set", "replicas=2,serviceMonitor.enabled=true,config.mode=observe"]]) {
      const flags = ["--strict", "--set", "image.repository=registry.test/medic", ...more];
      const { status, stdout } = spawnSync(helm, ["lint", chart, ...flags], { encoding: "utf8" });
      assert.equal(status, 0, stdout);
    }
  });

  it("renders one of everything, in the release's namespace", () => {
    const manifests = render({ replicas: 2, "serviceMonitor.enabled": true }, "--include-crds");
    const clusterWide = new Set([
      "ClusterRole",
      "ClusterRoleBinding",
      "CustomResourceDefinition",
      "ValidatingAdmissionPolicy",
      "ValidatingAdmissionPolicyBinding",
    ]);
    const others =
      "ConfigMap Deployment NetworkPolicy Pod PodDisruptionBudget Role RoleBinding Service ServiceAccount ServiceMonitor";
    assert.deepEqual(
      manifests.map(({ kind }) => kind).toSorted(),
      [...clusterWide, ...others.split(" ")].toSorted(),
    );
    for (const { kind, metadata } of manifests)
      assert.equal(metadata.namespace, clusterWide.has(kind) ? undefined : "ci", kind);
  });

  it("brings the CustomResourceDefinition of this code", () => {
    const text = readFileSync(`${chart}/crds/incidents.yaml`, "utf8");
    assert.deepEqual(parse(text), incidentCrd);
  });

  it("has the version of this code", () => {
    const { version: own, appVersion } = parse(readFileSync(`${chart}/Chart.yaml`, "utf8")) as Json;
    assert.deepEqual([own, appVersion], [version, version]);
  });

  for (const mode of ["act", "observe"] as const)
    for (const tier2 of [false, true])
      for (const allowNodePatch of [false, true])
        it(`grants exactly the rights that the code uses (${mode}, ${tier2 ? "" : "no "}model, nodes ${allowNodePatch ? "may" : "may not"} be patched)`, () => {
          const manifests = render({
            ...(tier2 ? anthropic : {}),
            "config.mode": mode,
            "config.allowNodePatch": allowNodePatch,
          });
          for (const [kind, own] of [
            ["ClusterRole", false],
            ["Role", true],
          ] as const) {
            const wanted = [
              ...neededRights({ mode, tier2, allowNodePatch }),
              ...(mode === "act" ? courtesies : []),
            ]
              .filter((right) => (right.own === true) === own)
              .map(({ group, resource, subresource, name, verbs }) => ({
                apiGroups: [group],
                resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
                ...(name === undefined ? {} : { resourceNames: [name] }),
                verbs,
              }));
            assert.deepEqual(verbsOf(find(manifests, kind).rules ?? []), verbsOf(wanted), kind);
          }
        });

  it("grants no secrets, no exec, no wildcard and no more than one account", () => {
    const manifests = render({ ...anthropic, "config.allowNodePatch": true, replicas: 2 });
    const rules = manifests.flatMap((manifest) => manifest.rules ?? []);
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    for (const word of words)
      assert.doesNotMatch(word, /\*|secrets|exec|\/attach|portforward|escalate|bind|impersonate/);
    for (const kind of ["RoleBinding", "ClusterRoleBinding"]) {
      const { subjects } = find(manifests, kind) as unknown as { subjects: Json[] };
      assert.deepEqual(subjects, [{ kind: "ServiceAccount", name: "build-medic", namespace: "ci" }]);
    }
    assert.ok(!manifests.some(({ kind }) => kind === "Secret"));
  });

  it("says next to each verb what it is for", () => {
    for (const file of ["cluster-role.yaml", "role.yaml"]) {
      const lines = readFileSync(`${chart}/templates/${file}`, "utf8").split("\n");
      const verbs = lines.filter((line) => /^ +- [a-z]+( |$)/.test(line) && !line.includes(":"));
      assert.ok(verbs.length > 5);
      for (const line of verbs) assert.match(line, /- [a-z]+ # \S+/, file);
    }
  });

  it("keeps to the restricted Pod Security Standard, the test's pod too", () => {
    const manifests = render(anthropic);
    for (const spec of [podOf(anthropic), find(manifests, "Pod").spec as unknown as PodSpec]) {
      assert.equal(spec.securityContext["runAsNonRoot"], true);
      assert.equal(spec.securityContext["runAsUser"], 65_532);
      assert.deepEqual(spec.securityContext["seccompProfile"], { type: "RuntimeDefault" });
      assert.equal(spec.enableServiceLinks, false);
      for (const { securityContext } of spec.containers)
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
    }
  });

  it("hands its configuration over as the medic reads it", () => {
    const values = { ...anthropic, "config.mode": "observe", "config.maxBudgetUsd": 0.75 };
    const [{ env }] = podOf(values).containers;
    const file = find(render(values), "ConfigMap").data?.["medic.yaml"];
    const plain = Object.fromEntries(env.map(({ name, value = "of-a-reference" }) => [name, value]));
    const loaded = loadConfig({ flags: {}, env: plain, readFile: () => file });
    assert.ok("config" in loaded, JSON.stringify(loaded));
    const { config } = loaded;
    assert.deepEqual(
      [config.mode, config.maxBudgetUsd, config.host, config.port, config.provider],
      ["observe", 0.75, "0.0.0.0", 8080, "anthropic"],
    );
  });

  it("has every key of the configuration with its default, but those that it sets itself", () => {
    const { config } = parse(readFileSync(`${chart}/values.yaml`, "utf8")) as { config: Json };
    const own = ["namespace", "stateDir", "port", "host", "kubeconfig"];
    const expected = settingInfos
      .filter(({ key }) => !own.includes(key))
      .map(({ key, fallback }) => [key, fallback]);
    assert.deepEqual(config, Object.fromEntries(expected));
  });

  it("takes secrets out of Secrets only", () => {
    const secretOf = (values: Json, name: string): unknown =>
      podOf(values).containers[0].env.find((variable) => variable.name === name)?.valueFrom;
    assert.deepEqual(secretOf(anthropic, "ANTHROPIC_API_KEY"), {
      secretKeyRef: { name: "model", key: "ANTHROPIC_API_KEY" },
    });
    const chat = {
      "chat.kind": "rocketchat",
      "chat.url": "https://chat.test",
      "chat.userId": "u",
      "chat.channel": "#b",
    };
    assert.deepEqual(secretOf({ ...chat, "chat.existingSecret": "c" }, "ROCKETCHAT_TOKEN"), {
      secretKeyRef: { name: "c", key: "ROCKETCHAT_TOKEN" },
    });
    assert.match(template(chat).stderr, /chat\.existingSecret: name the Secret/);
    assert.match(
      template({ "model.provider": "anthropic" }).stderr,
      /model\.anthropic\.existingSecret: name/,
    );
  });

  it("sets the variables of every chat, which the configuration then accepts", () => {
    const variablesOf = (values: Json): Record<string, string> =>
      Object.fromEntries(
        podOf({ ...values, "chat.existingSecret": "c" })
          .containers[0].env.filter(({ name }) => /^(?:ROCKETCHAT|WEBHOOK|MATRIX)_/.test(name))
          .map(({ name, value, valueFrom }) => [
            name,
            value ?? `https://x.test/${JSON.stringify(valueFrom)}`,
          ]),
      );
    const wanted: readonly [string, Json, readonly string[]][] = [
      ["rocketchat-webhook", { "chat.key": "hook" }, ["ROCKETCHAT_WEBHOOK_URL"]],
      ["webhook", {}, ["WEBHOOK_URL"]],
      ["webhook", { "chat.signingKey": "sign" }, ["WEBHOOK_URL", "WEBHOOK_SECRET"]],
      [
        "matrix",
        { "chat.url": "https://m.test", "chat.room": "!r:m.test" },
        ["MATRIX_URL", "MATRIX_ROOM", "MATRIX_TOKEN"],
      ],
    ];
    for (const [kind, values, names] of wanted) {
      const env = variablesOf({ "chat.kind": kind, ...values });
      assert.deepEqual(Object.keys(env), names, kind);
      const loaded = loadConfig({ flags: {}, env, readFile: () => undefined });
      assert.ok("config" in loaded, JSON.stringify(loaded));
      assert.equal(loaded.config.chat.kind, kind);
    }
  });

  it("sets the variables of Bedrock and Vertex", () => {
    const names = (values: Json): string[] => podOf(values).containers[0].env.map(({ name }) => name);
    const bedrock = names({ "model.provider": "bedrock", "model.bedrock.region": "eu-central-1" });
    assert.ok(bedrock.includes("CLAUDE_CODE_USE_BEDROCK") && bedrock.includes("AWS_REGION"));
    const vertex = {
      "model.provider": "vertex",
      "model.vertex.projectId": "p",
      "model.vertex.region": "global",
    };
    assert.ok(names(vertex).includes("ANTHROPIC_VERTEX_PROJECT_ID"));
    assert.ok(
      names({ ...vertex, "model.vertex.existingSecret": "g" }).includes("GOOGLE_APPLICATION_CREDENTIALS"),
    );
  });

  it("asks for the memory that was measured: more with episodes", () => {
    const memory = (values: Json): unknown[] => {
      const { requests, limits } = podOf(values).containers[0].resources;
      return [requests["memory"], limits["memory"]];
    };
    assert.deepEqual(memory({}), ["160Mi", "394Mi"]);
    assert.deepEqual(memory(anthropic), ["820Mi", "1054Mi"]);
    const own = { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } };
    assert.deepEqual(memory({ resources: own }), ["1Gi", "1Gi"]);
  });

  it("has a disruption budget and two nodes in view with two replicas only", () => {
    assert.ok(!render().some(({ kind }) => kind === "PodDisruptionBudget"));
    const two = render({ replicas: 2 });
    assert.equal(find(two, "PodDisruptionBudget").spec["minAvailable"], 1);
    assert.match(JSON.stringify(find(two, "Deployment")), /podAntiAffinity/);
    assert.match(template({ replicas: 2, "state.existingClaim": "c" }).stderr, /one claim cannot be/);
  });

  it("lets nothing but the medic's port in, and out what the values say", () => {
    const { ingress, egress } = find(render({ "networkPolicy.egressPorts": [443] }), "NetworkPolicy").spec;
    assert.deepEqual(ingress, [{ from: [{ podSelector: {} }], ports: [{ port: "http", protocol: "TCP" }] }]);
    assert.deepEqual((egress as Json[])[1], { ports: [{ port: 443, protocol: "TCP" }] });
    assert.ok(!render({ "networkPolicy.enabled": false }).some(({ kind }) => kind === "NetworkPolicy"));
  });

  it("has the admission policy where the API has it, unless told otherwise", () => {
    const has = (enabled: unknown, ...flags: string[]): boolean =>
      render({ "admissionPolicy.enabled": enabled }, ...flags).some(
        ({ kind }) => kind === "ValidatingAdmissionPolicy",
      );
    const api = ["--api-versions", "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy"];
    assert.deepEqual(
      [has("auto"), has("auto", ...api), has(true), has(false, ...api)],
      [false, true, true, false],
    );
  });

  it("fails closed, for this ServiceAccount, and lets an observer write nothing but its own records", () => {
    const policy = (values: Json): string =>
      JSON.stringify(find(render(values), "ValidatingAdmissionPolicy").spec);
    const acting = policy({ ...anthropic, "config.allowNodePatch": true });
    assert.match(acting, /"failurePolicy":"Fail"/);
    assert.match(acting, /system:serviceaccount:ci:build-medic/);
    assert.match(acting, /\\"UPDATE nodes\\"/);
    assert.doesNotMatch(policy(anthropic), /in \[[^\]]*UPDATE nodes/);
    const observing = policy({ "config.mode": "observe" });
    assert.doesNotMatch(observing, /in \[[^\]]*(?:UPDATE statefulsets|DELETE pods|UPDATE nodes)/);
    const [binding] = render().filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding");
    assert.deepEqual(binding?.spec, { policyName: "build-medic", validationActions: ["Deny"] });
  });

  const refused: Readonly<Record<string, { readonly values: Json; readonly says: RegExp }>> = {
    "no image": { values: { "image.repository": "" }, says: /image\.repository: name the registry/ },
    "a digest that is none": { values: { "image.digest": "latest" }, says: /\/image\/digest.*pattern/ },
    "three replicas": { values: { replicas: 3 }, says: /\/replicas/ },
    "an unknown value": { values: { replica: 1 }, says: /additional properties 'replica' not allowed/ },
    "an unknown setting": { values: { "config.maxTurn": 1 }, says: /\/config.*'maxTurn' not allowed/ },
    "a setting that the chart makes": {
      values: { "config.host": "::" },
      says: /\/config.*'host' not allowed/,
    },
    "a setting out of its bounds": { values: { "config.maxTurns": 0 }, says: /\/config\/maxTurns/ },
    "a setting of another type": {
      values: { "config.allowNodePatch": "yes" },
      says: /\/config\/allowNodePatch/,
    },
    "a mode of its own": { values: { "config.mode": "dry" }, says: /\/config\/mode/ },
    "a key in the values": { values: { "model.anthropic.apiKey": "x" }, says: /'apiKey' not allowed/ },
    "a password in the chat's address": {
      values: { "chat.url": "https://a:b@chat" },
      says: /\/chat\/url.*pattern/,
    },
    "another model's provider": { values: { "model.provider": "openai" }, says: /\/model\/provider/ },
    "no way out": { values: { "networkPolicy.egressPorts": [] }, says: /\/networkPolicy\/egressPorts/ },
  };
  for (const [what, { values, says }] of Object.entries(refused))
    it(`refuses ${what}, and says so`, () => {
      const { status, stderr } = template(values);
      assert.notEqual(status, 0);
      assert.match(stderr, says);
    });
});
