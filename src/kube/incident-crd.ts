import { IncidentResource } from "../core/contract.ts";
import { Phases } from "../core/incident.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { longestUrl } from "./incident-codec.ts";

const { group, version, plural, kind } = IncidentResource;

/** Only the spec is limited: a status that the server refused would stop the incident. */
const text = (description: string, maxLength?: number): JsonObject => ({
  type: "string",
  description,
  ...(maxLength === undefined ? {} : { maxLength }),
});

const time = (description: string): JsonObject => ({ type: "string", format: "date-time", description });
const list = (description: string, items: JsonObject): JsonObject => ({ type: "array", description, items });
const record = (
  description: string,
  properties: JsonObject,
  required: readonly string[] = [],
): JsonObject => ({
  type: "object",
  description,
  ...(required.length === 0 ? {} : { required }),
  properties,
});

const spec: JsonObject = {
  ...record(
    "What the incident is about. It never changes.",
    {
      namespace: text("The build's namespace.", 63),
      client: text("The client whose stack is in trouble, as in the label medic/client.", 63),
      runId: text("The build, as in the namespace's label medic/run-id.", 63),
      statefulSet: text("The StatefulSet that is not ready.", 253),
      statefulSetUid: text("Its UID: a StatefulSet made anew is another incident.", 63),
      pod: text("Its pod.", 253),
      buildUrl: text("A link to the build.", longestUrl),
    },
    ["namespace", "client", "runId", "statefulSet", "statefulSetUid", "pod"],
  ),
  "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "the spec of an Incident never changes" }],
};

const finding = record(
  "One thing found wrong, or in progress.",
  {
    reason: text("A stable CamelCase code."),
    class: text(
      "drift: the playbook can repair it; wait: it may pass by itself; beyond: neither; intent: what is declared cannot be used.",
    ),
    subject: text("The object, as Kind/name."),
    message: text("One sentence with the evidence."),
    since: time("Since when."),
    terminal: { type: "boolean", description: "True for a state that does not pass by itself." },
    patienceUntil: time("Until when waiting is right."),
  },
  ["reason", "class", "subject", "message", "since", "terminal"],
);

const attempt = record(
  "One thing that was tried on the cluster, written before it is done.",
  {
    action: text("The action."),
    target: text("The object, as Kind/name."),
    by: text("playbook (tier 1) or agent (tier 2)."),
    at: time("When it was tried."),
    outcome: text("pending, applied, already, refused, failed or observed."),
    detail: text("What changed, or what the server said."),
  },
  ["action", "target", "by", "at", "outcome"],
);

const episode = record("What the model's episode did and cost.", {
  model: text("The model."),
  turns: { type: "integer", description: "Turns taken.", minimum: 0 },
  tokens: { type: "integer", description: "Tokens used, in and out.", minimum: 0 },
  costUsd: { type: "number", format: "double", description: "Dollars spent.", minimum: 0 },
  outcome: text("How it ended; running while it has no end; or why there was none."),
  tools: list("The tools it called, in order.", { type: "string" }),
  startedAt: time("When it began."),
  endedAt: time("When it ended."),
  reservedUsd: {
    type: "number",
    format: "double",
    description: "Dollars that the hourly budget holds for it while its cost is not known.",
    minimum: 0,
  },
  conclusion: record("What the model wants people to be told, should the stack not become ready.", {
    rootCause: text("The root cause, by the model's account."),
    evidence: text("What it saw."),
    nextStep: text("What it suggests."),
  }),
});

const escalation = record("The outbox of the one message.", {
  messageId: text("Always the same for this incident."),
  channel: text("Where it went."),
  sentAt: time("When it was delivered; absent until then."),
  events: list("What the stack's events said, newest last.", { type: "string" }),
  lastError: text("Why the last try to deliver it failed."),
});

const status: JsonObject = record("Everything that decides what happens next.", {
  phase: { type: "string", enum: [...Phases], description: "Resolved, Escalated and Gone are final." },
  tier: { type: "integer", enum: [1, 2], description: "1: the playbook; 2: a model was asked." },
  reason: text("A stable CamelCase code for the trouble."),
  rootCause: text("A sentence for people."),
  findings: list("What was found, the cause first.", finding),
  attempts: list("What was tried, oldest first.", attempt),
  episode,
  escalation,
  wouldInvestigate: {
    type: "boolean",
    description: "True when it went to people without a model having been asked, only because there is none.",
  },
  readySince: time("Since when the stack is found ready, while Verifying."),
  times: record(
    "When each phase was entered.",
    Object.fromEntries(Phases.map((phase) => [phase, time(`When it became ${phase}.`)])),
  ),
});

const columns: readonly (readonly [name: string, path: string, type: string, description: string])[] = [
  ["Namespace", ".spec.namespace", "string", "The build's namespace"],
  ["Client", ".spec.client", "string", "The client's number"],
  ["Reason", ".status.reason", "string", "What is wrong"],
  ["Tier", ".status.tier", "integer", "1: playbook, 2: model"],
  ["Phase", ".status.phase", "string", "Where it stands"],
  ["Cost", ".status.episode.costUsd", "number", "Dollars spent"],
  ["Age", ".metadata.creationTimestamp", "date", "Since detection"],
];

/** The CustomResourceDefinition of Incident. */
export const incidentCrd: JsonObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind, listKind: `${kind}List`, plural, singular: "incident", shortNames: ["inc"] },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: columns.map(([name, jsonPath, type, description]): Json => ({
          name,
          jsonPath,
          type,
          description,
        })),
        schema: {
          openAPIV3Schema: {
            ...record("One outage of one client's stack, as Build Medic sees and handles it.", {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              metadata: { type: "object" },
              spec,
              status,
            }),
            required: ["spec"],
          },
        },
      },
    ],
  },
};
