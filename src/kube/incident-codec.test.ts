import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Reasons } from "../core/finding.ts";
import { Phases } from "../core/incident.ts";
import type { Incident, IncidentStatus } from "../core/incident.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { decodeIncident, encodeSpec, encodeStatus, longestUrl } from "./incident-codec.ts";

const createdAt = Date.parse("2026-01-02T03:04:05Z");

function raw(status: Json | undefined): JsonObject {
  return {
    apiVersion: "buildmedic.dev/v1alpha1",
    kind: "Incident",
    metadata: { name: "inc-1", uid: "u-1", resourceVersion: "7", creationTimestamp: "2026-01-02T03:04:05Z" },
    spec: {
      namespace: "ci-1",
      client: "0",
      runId: "1",
      statefulSet: "server-0",
      statefulSetUid: "s-1",
      pod: "server-0-0",
    },
    ...(status === undefined ? {} : { status }),
  };
}

function read(status: Json | undefined): IncidentStatus {
  const incident = decodeIncident(raw(status));
  assert.ok(incident !== undefined);
  return incident.status;
}

const valid: JsonObject = {
  phase: "Remediating",
  tier: 1,
  reason: "ImageDrift",
  rootCause: "x",
  findings: [],
  attempts: [
    {
      action: "restart-pod",
      target: "Pod/a",
      by: "playbook",
      at: "2026-01-02T03:04:06.007Z",
      outcome: "pending",
      detail: "",
    },
  ],
  times: { Detected: "2026-01-02T03:04:05.006Z" },
};

const at = fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const named = fc.string({ minLength: 1, maxLength: 20 });
const optional = <Key extends string, Value>(key: Key, value: fc.Arbitrary<Value>) =>
  fc
    .option(value, { nil: undefined })
    .map((given) => (given === undefined ? {} : { [key]: given }) as Partial<Record<Key, Value>>);
const merged = <Left extends object, Right extends object>(
  left: fc.Arbitrary<Left>,
  right: fc.Arbitrary<Right>,
) => fc.tuple(left, right).map(([one, other]) => ({ ...one, ...other }));

const finding = merged(
  fc.record({
    reason: fc.constantFrom(...(Object.keys(Reasons) as (keyof typeof Reasons)[])),
    class: fc.constantFrom("drift" as const, "wait" as const, "beyond" as const, "intent" as const),
    subject: text,
    message: text,
    since: at,
    terminal: fc.boolean(),
  }),
  optional("patienceUntil", at),
);
const attempt = fc.record(
  {
    action: named,
    target: text,
    by: fc.constantFrom("playbook" as const, "agent" as const),
    at,
    outcome: fc.constantFrom(
      "pending" as const,
      "applied" as const,
      "already" as const,
      "refused" as const,
      "failed" as const,
      "observed" as const,
    ),
    detail: text,
  },
  { noNullPrototype: true },
);
const usd = fc.double({ min: 0, max: 100, noNaN: true }).map((cost) => cost + 0);
const conclusion = merged(
  fc.record({ rootCause: named }, { noNullPrototype: true }),
  merged(optional("evidence", text), optional("nextStep", text)),
);
const episode = merged(
  fc.record(
    {
      model: text,
      turns: fc.nat(),
      tokens: fc.nat(),
      costUsd: usd,
      outcome: text,
      tools: fc.array(text),
    },
    { noNullPrototype: true },
  ),
  merged(
    merged(optional("startedAt", at), optional("endedAt", at)),
    merged(optional("reservedUsd", usd), optional("conclusion", conclusion)),
  ),
);
const escalation = merged(
  fc.record({ messageId: named, events: fc.array(text) }),
  merged(optional("channel", text), merged(optional("sentAt", at), optional("lastError", text))),
);
const status: fc.Arbitrary<IncidentStatus> = merged(
  fc.record({
    phase: fc.constantFrom(...Phases),
    tier: fc.constantFrom(1 as const, 2 as const),
    reason: named,
    rootCause: text,
    findings: fc.array(finding, { maxLength: 3 }),
    attempts: fc.array(attempt, { maxLength: 3 }),
    times: fc.dictionary(fc.constantFrom(...Phases), at, { noNullPrototype: true }),
  }),
  merged(
    optional("episode", episode),
    merged(
      merged(optional("escalation", escalation), optional("readySince", at)),
      optional("wouldInvestigate", fc.constant(true)),
    ),
  ),
);
const spec = merged(
  fc.record({
    namespace: text,
    client: text,
    runId: text,
    statefulSet: text,
    statefulSetUid: text,
    pod: text,
  }),
  optional("buildUrl", named),
);

test("an incident that is written and read again is the same", () => {
  fc.assert(
    fc.property(spec, status, (someSpec, someStatus) => {
      const stored = { ...raw(encodeStatus(someStatus)), spec: encodeSpec(someSpec) };
      // What the API server does with it.
      const incident = decodeIncident(JSON.parse(JSON.stringify(stored)));
      const expected: Incident = {
        name: "inc-1",
        uid: "u-1",
        resourceVersion: "7",
        createdAt,
        spec: someSpec,
        status: someStatus,
      };
      assert.deepEqual(incident, expected);
    }),
  );
});

test("times are RFC 3339 with milliseconds", () => {
  const encoded = encodeStatus(read({ ...valid, readySince: "2026-01-02T03:04:05.1Z" }));
  assert.deepEqual(encoded["times"], { Detected: "2026-01-02T03:04:05.006Z" });
  assert.equal(encoded["readySince"], "2026-01-02T03:04:05.100Z");
  assert.equal((encoded["attempts"] as JsonObject[])[0]!["at"], "2026-01-02T03:04:06.007Z");
});

test("an incident without a status, as a crash leaves it, is detected and nothing was tried", () => {
  for (const none of [undefined, null, {}]) {
    assert.deepEqual(read(none), {
      phase: "Detected",
      tier: 1,
      reason: "NotReady",
      rootCause: "",
      findings: [],
      attempts: [],
      times: { Detected: createdAt },
    });
  }
});

const unreadable: readonly [field: string, status: JsonObject][] = [
  ["phase", { ...valid, phase: "Healing" }],
  ["phase", { reason: "ImageDrift" }],
  ["tier", { ...valid, tier: 3 }],
  ["attempts", { ...valid, attempts: "two" }],
  ["attempts", { ...valid, attempts: [{ target: "Pod/a" }] }],
  ["escalation", { ...valid, escalation: "sent" }],
  ["escalation", { ...valid, escalation: { events: [] } }],
];
for (const [field, garbled] of unreadable) {
  test(`a status with an unreadable ${field} (${JSON.stringify(garbled[field])}) is escalated, not sent yet, and says why`, () => {
    const decoded = read(garbled);
    assert.equal(decoded.phase, "Escalated");
    assert.equal(decoded.escalation?.sentAt, undefined);
    assert.equal(
      decoded.rootCause,
      `The stored state of this incident cannot be read (status.${field}), so the medic leaves the stack alone.`,
    );
    assert.ok(decoded.times.Escalated !== undefined);
  });
}

test("a message whose time of sending is garbled counts as sent", () => {
  const sent = (sentAt: Json): number | undefined =>
    read({ ...valid, phase: "Escalated", escalation: { messageId: "m", events: [], sentAt } }).escalation
      ?.sentAt;
  assert.equal(sent("yesterday"), createdAt);
  assert.equal(sent(12), createdAt);
  assert.equal(sent("2026-01-02T03:04:05.006Z"), createdAt + 6);
  assert.equal(read({ ...valid, escalation: { sentAt: "x" } }).escalation?.sentAt, createdAt);
});

test("an attempt with garbled details still counts, as one whose outcome is not known", () => {
  assert.deepEqual(
    read({ ...valid, attempts: [{ action: "restart-pod", by: 1, at: "x", outcome: "great" }] }).attempts,
    [{ action: "restart-pod", target: "", by: "playbook", at: createdAt, outcome: "pending", detail: "" }],
  );
});

test("findings that cannot be understood are left out", () => {
  const good = {
    reason: "ImageDrift",
    class: "drift",
    subject: "Pod/a",
    message: "m",
    since: "x",
    terminal: true,
  };
  const findings = [good, { ...good, reason: "toString" }, { ...good, class: "odd" }, "text", null];
  assert.deepEqual(read({ ...valid, findings }).findings, [{ ...good, since: 0 }]);
});

const kept = { model: "m", turns: 1, tokens: 2, costUsd: 0.1, outcome: "completed", tools: ["get_nodes"] };
const episodes: Record<string, readonly [Json, IncidentStatus["episode"]]> = {
  "times that are none are left out": [{ ...kept, startedAt: "yesterday", endedAt: 12 }, kept],
  "what is reserved for it counts as nothing when it is no number": [
    { ...kept, reservedUsd: "0.5" },
    { ...kept, reservedUsd: 0 },
  ],
  "a conclusion without a root cause is none": [{ ...kept, conclusion: { evidence: "e" } }, kept],
  "a conclusion that is none is left out": [{ ...kept, conclusion: "x" }, kept],
  "of a conclusion what is no text is left out": [
    { ...kept, conclusion: { rootCause: "r", evidence: 1, nextStep: null } },
    { ...kept, conclusion: { rootCause: "r" } },
  ],
  "one that is no object is none": ["completed", undefined],
};
for (const [behaviour, [stored, expected]] of Object.entries(episodes)) {
  test(`of an episode ${behaviour}`, () =>
    assert.deepEqual(read({ ...valid, episode: stored }).episode, expected));
}

test("the times of an episode are RFC 3339 with milliseconds", () => {
  const { episode: encoded } = encodeStatus({
    ...read(valid),
    episode: { ...kept, startedAt: createdAt, endedAt: createdAt + 7 },
  });
  const { startedAt, endedAt } = encoded as JsonObject;
  assert.deepEqual([startedAt, endedAt], ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.007Z"]);
});

test("a link that the server would refuse is left out", () => {
  const long: Incident["spec"] = {
    ...decodeIncident(raw(undefined))!.spec,
    buildUrl: "x".repeat(longestUrl + 1),
  };
  assert.ok(!("buildUrl" in encodeSpec(long)));
});

test("reading never throws and never finds an incident without a name", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (garbage, garbledStatus) => {
      assert.equal(decodeIncident({ metadata: { name: "" }, spec: garbage }), undefined);
      assert.ok(
        decodeIncident({ metadata: { name: "a" }, spec: garbage, status: garbledStatus }) !== undefined,
      );
      decodeIncident(garbage);
    }),
  );
});
