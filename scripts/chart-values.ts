import { z } from "zod";
import { settingsSchema } from "../src/config/settings.ts";

/** One value of charts/build-medic, as JSON Schema; `default` is what values.yaml says. */
export interface Value {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Value>>;
  readonly [keyword: string]: unknown;
}

type Properties = Readonly<Record<string, Value>>;

/** What the chart sets itself: a Pod has its own namespace, address and volumes. */
const setByTheChart = ["namespace", "stateDir", "port", "host", "kubeconfig"];

const group = (description: string, properties: Properties): Value => ({
  description,
  type: "object",
  additionalProperties: false,
  properties,
});
const text = (description: string, fallback = "", more: object = {}): Value => ({
  description,
  type: "string",
  default: fallback,
  ...more,
});
const choice = (description: string, values: readonly string[]): Value => ({
  description,
  enum: values,
  default: values[0],
});
const flag = (description: string, fallback: boolean): Value => ({
  description,
  type: "boolean",
  default: fallback,
});
const map = (description: string, fallback: Readonly<Record<string, string>> = {}): Value => ({
  description,
  type: "object",
  default: fallback,
  additionalProperties: { type: "string" },
});
const objects = (description: string, fallback: readonly object[] = []): Value => ({
  description,
  type: "array",
  default: fallback,
  items: { type: "object" },
});
const name = { pattern: "^$|^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$" };
const secret = (description: string): Value => text(description, "", name);
const key = (description: string, fallback: string): Value =>
  text(description, fallback, { pattern: "^[-._a-zA-Z0-9]{1,253}$" });
const optionalKey = { pattern: "^[-._a-zA-Z0-9]{0,253}$" };
const whole = (
  description: string,
  fallback: number,
  [minimum, maximum]: readonly [number, number],
): Value => ({
  description,
  type: "integer",
  minimum,
  maximum,
  default: fallback,
});

/** Every value of the chart; those of `config` come from the one schema of the configuration. */
export function chartValues(): Properties {
  return {
    image: group("The image, which you build from the Containerfile: see above.", {
      repository: text("Registry and repository. Needed."),
      tag: text("The chart's appVersion when empty."),
      digest: text("`sha256:…`; wins over the tag.", "", { pattern: "^$|^sha256:[0-9a-f]{64}$" }),
      pullPolicy: choice("When it is pulled.", ["IfNotPresent", "Always", "Never"]),
    }),
    imagePullSecrets: objects("Secrets to pull it with: `[{name: …}]`."),
    replicas: whole("One works; a second one stands by.", 1, [1, 2]),
    fullnameOverride: text("Name of every object.", "", name),
    config: configValues(),
    model: modelValues(),
    chat: chatValues(),
    admissionPolicy: group("What the API server itself holds the medic to.", {
      enabled: {
        description: "`auto`: where the API has ValidatingAdmissionPolicy (Kubernetes 1.30 and newer).",
        enum: ["auto", true, false],
        default: "auto",
      },
    }),
    networkPolicy: group("Who may reach it, and what it may reach.", {
      enabled: flag("Whether there is one.", true),
      ingressFrom: objects(
        "Who may read its port 8080: peers of a NetworkPolicy. Without: its own namespace.",
        [{ podSelector: {} }],
      ),
      egressPorts: {
        description:
          "TCP ports it may reach anywhere: the API server, the model, the chat. Names (53) always.",
        type: "array",
        default: [443, 6443],
        items: { type: "integer", minimum: 1, maximum: 65_535 },
        minItems: 1,
      },
      extraEgress: objects("More rules, as a NetworkPolicy has them: a chat on another port, a proxy."),
    }),
    serviceMonitor: group("For the Prometheus operator.", {
      enabled: flag("Whether there is one.", false),
      interval: text("How often it is read.", "30s", { pattern: "^[1-9][0-9]*(ms|s|m)$" }),
      labels: map("Labels that your Prometheus selects by."),
    }),
    grafanaDashboard: group("A ConfigMap that Grafana's sidecar picks up: deploy/grafana/build-medic.json.", {
      enabled: flag("Whether there is one.", false),
      labels: map("Labels that your sidecar looks for.", { grafana_dashboard: "1" }),
    }),
    traces: group("Traces of closed incidents, by OpenTelemetry's protocol over HTTP (JSON).", {
      endpoint: text(
        "Address of a collector, such as `http://collector.observability:4318`; the NetworkPolicy opens its port. Empty: none.",
        "",
        { pattern: "^$|^https?://[^@\\s]+$" },
      ),
      existingSecret: secret("A Secret with the headers that the collector wants, as `name=value,…`."),
      key: key("The key in it.", "OTEL_EXPORTER_OTLP_HEADERS"),
    }),
    state: group("The audit log, recorded decisions and transcripts; also on stdout.", {
      existingClaim: text(
        "A PersistentVolumeClaim for one replica. Without: an emptyDir, which goes with the pod.",
        "",
        name,
      ),
      size: text("The emptyDir's limit.", "1Gi", { pattern: "^[1-9][0-9]*(Mi|Gi)$" }),
    }),
    resources: {
      description:
        "Requests and limits. Without: 160 MiB and 220 MiB for each episode at the same time, as measured; 234 MiB more as the limit.",
      type: "object",
      default: {},
      additionalProperties: false,
      properties: { requests: { $ref: "#/$defs/quantities" }, limits: { $ref: "#/$defs/quantities" } },
    },
    podSecurity: group("", {
      seccompProfile: choice("Empty leaves it out, for kernels without.", [
        "RuntimeDefault",
        "Unconfined",
        "",
      ]),
    }),
    serviceAccount: group("", { annotations: map("For cloud identities (IRSA, Workload Identity).") }),
    nodeSelector: map("Where it runs.", { "kubernetes.io/os": "linux" }),
    tolerations: objects("As in a Pod."),
    affinity: {
      description: "As in a Pod. Without: two replicas prefer two nodes.",
      type: "object",
      default: {},
    },
    priorityClassName: text("As in a Pod.", "", name),
    podLabels: map("More labels of the Pod."),
    podAnnotations: map("More annotations of the Pod."),
    extraEnv: objects("More variables of the container, such as HTTPS_PROXY: `[{name: …, value: …}]`."),
    terminationGracePeriodSeconds: whole("The medic itself takes 20 at most.", 30, [21, 600]),
  };
}

function configValues(): Value {
  const { properties } = z.toJSONSchema(settingsSchema, { io: "input" }) as { properties: Properties };
  return group(
    "The configuration: docs/config.md. `mode: observe` watches, reports and writes nothing.",
    Object.fromEntries(Object.entries(properties).filter(([setting]) => !setByTheChart.includes(setting))),
  );
}

function modelValues(): Value {
  return group("Whose model tier 2 asks. The rights of tier 2 are granted only with one.", {
    provider: choice("`none`: the playbook only.", ["none", "anthropic", "bedrock", "vertex"]),
    anthropic: group("", {
      existingSecret: secret("The Secret that holds the API key."),
      key: key("The key in it.", "ANTHROPIC_API_KEY"),
      baseUrl: text("Another address than Anthropic's: a gateway.", "", {
        pattern: "^$|^https?://[^@\\s]+$",
      }),
    }),
    bedrock: group("", {
      region: text("AWS region."),
      existingSecret: secret("A Secret whose keys are AWS variables. Without: the pod's own identity."),
    }),
    vertex: group("", {
      projectId: text("Google Cloud project."),
      region: text("Region."),
      existingSecret: secret("A Secret with a credentials file. Without: the pod's own identity."),
      key: key("The key in it.", "credentials.json"),
    }),
  });
}

function chatValues(): Value {
  return group("Where escalations go: docs/chat.md. Without it, to the log and to the Incident.", {
    kind: choice(
      "`rocketchat` with url, userId and channel, `rocketchat-webhook`, `webhook`, or `matrix` with url and room.",
      ["none", "rocketchat", "rocketchat-webhook", "webhook", "matrix"],
    ),
    url: text("Address of Rocket.Chat or of the Matrix homeserver.", "", {
      pattern: "^$|^https?://[^@\\s]+$",
    }),
    userId: text("Rocket.Chat: the account's id."),
    channel: text("Rocket.Chat: such as `#builds`; for its webhook only where it is not its own."),
    room: text("Matrix: such as `#builds:example.org`."),
    existingSecret: secret("The Secret that holds the token, or the webhook's address."),
    key: text(
      "The key in it. Without: `ROCKETCHAT_TOKEN`, `ROCKETCHAT_WEBHOOK_URL`, `WEBHOOK_URL` or `MATRIX_TOKEN`.",
      "",
      optionalKey,
    ),
    signingKey: text(
      "Webhook: the key in it of what requests are signed with. Without: they are not.",
      "",
      optionalKey,
    ),
  });
}
