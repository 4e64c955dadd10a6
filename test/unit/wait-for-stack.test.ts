import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { readInputs } from "../../.github/actions/wait-for-stack/inputs.mjs";
import { incidentOf, whyNotReady } from "../../.github/actions/wait-for-stack/judge-stack.mjs";
import {
  annotationCommand,
  markdownText,
  oneLine,
  outputLine,
} from "../../.github/actions/wait-for-stack/untrusted-text.mjs";

/** Words that a runner, or a page, would act on. */
const HOSTILE = [
  "::error::owned",
  "::stop-commands::x",
  "##[add-mask]owned",
  "\r\n::set-output name=a::b",
  "%0A::error::owned",
  "\u001b[2J",
  "\u2028::error::owned",
  "\u202Egnp.exe",
  "a=b\nc<<EOF\nd\nEOF",
  "| <img src=x onerror=1> | [a](javascript:x) `b`",
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" })), { maxLength: 6 })
  .map((parts) => parts.join(" "));

/** GitHub's runner: a command is at the start of a line, or anywhere in the older form. */
const commandsIn = (output: string): string[] =>
  output.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith("::") || line.includes("##["));

describe("text from a cluster", () => {
  test("is one line without a command, whatever it says", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const line = oneLine(text);
        assert.deepEqual(commandsIn(line), []);
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u);
        assert.ok(Array.from(line).length <= 600);
      }),
    );
  });

  test("makes exactly one annotation, with the title and message that were meant", () => {
    fc.assert(
      fc.property(hostileText, hostileText, (title, message) => {
        const output = annotationCommand("error", { title, message });
        assert.equal(commandsIn(output).length, 1);
        const [, properties, data] = /^::error ([^:]*)::(.*)$/.exec(output) ?? [];
        const plain = (text = ""): string =>
          text
            .replaceAll("%0D", "\r")
            .replaceAll("%0A", "\n")
            .replaceAll("%3A", ":")
            .replaceAll("%2C", ",")
            .replaceAll("%25", "%");
        assert.equal(plain(properties), `title=${oneLine(title, 100)}`);
        assert.equal(plain(data), oneLine(message));
      }),
    );
  });

  test("sets one output and no other", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        assert.match(outputLine("why", text), /^why=[^\r\n]*\n$/);
      }),
    );
  });

  test("stays within its cell of a table, and is no markup there", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        assert.doesNotMatch(markdownText(text), /[|<>`[\]\n]/);
      }),
    );
  });

  test("of a plain message is left as it is", () => {
    assert.equal(oneLine('Back-off pulling image "a:b": 50 %'), 'Back-off pulling image "a:b": 50 %');
  });
});

const IMAGE = "registry/server:good";
const set = (change: object = {}, status: object = {}, annotations: object = {}) => ({
  metadata: {
    name: "server-1",
    uid: "set",
    generation: 2,
    annotations: { "medic/expected-image": IMAGE, "medic/expected-replicas": "1", ...annotations },
  },
  spec: { replicas: 1, template: { spec: { containers: [{ image: IMAGE }] } }, ...change },
  status: { observedGeneration: 2, readyReplicas: 1, currentRevision: "a", updateRevision: "a", ...status },
});
const pod = (status: object, metadata: object = {}) => ({
  metadata: { name: "server-1-0", uid: "pod", ...metadata },
  status,
});
const why = (sets: object[], pods: object[] = [], events: object[] = []) =>
  whyNotReady({ sets, pods, events });

describe("a stack is ready", () => {
  test("when every StatefulSet has what its declared intent says", () => {
    assert.deepEqual(why([set()]), []);
  });

  const NOT: Record<string, { readonly sets: object[]; readonly says: RegExp }> = {
    "without a StatefulSet": { sets: [], says: /no StatefulSet/ },
    "with another image than declared, although a pod of the old one is ready": {
      sets: [set({ template: { spec: { containers: [{ image: "registry/server:bad" }] } } })],
      says: /another image than declared/,
    },
    "scaled to none, against what is declared": {
      sets: [set({ replicas: 0 }, { readyReplicas: 0 })],
      says: /another number of replicas.*0 of 1 ready/,
    },
    "before the controller has seen the newest spec": {
      sets: [set({}, { observedGeneration: 1 })],
      says: /is being changed/,
    },
    "while pods of an older revision are left": {
      sets: [set({}, { updateRevision: "b", updatedReplicas: 0 })],
      says: /is being changed/,
    },
    "while it is being deleted": {
      sets: [{ ...set(), metadata: { ...set().metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
      says: /is being deleted/,
    },
    "with a status that says nothing": { sets: [{ ...set(), status: {} }], says: /0 of 1 ready/ },
  };
  for (const [name, { sets, says }] of Object.entries(NOT))
    test(`never ${name}`, () => assert.match(why(sets).join("; "), says));

  test("says where each pod is stuck, and the newest warning about them", () => {
    const events = [
      {
        type: "Warning",
        reason: "Failed",
        message: "newest",
        involvedObject: { uid: "pod" },
        lastTimestamp: "2026-01-01T00:00:09Z",
      },
      {
        type: "Warning",
        reason: "Failed",
        message: "older",
        involvedObject: { uid: "pod" },
        lastTimestamp: "2026-01-01T00:00:01Z",
      },
      {
        type: "Warning",
        reason: "Failed",
        message: "of another stack",
        involvedObject: { uid: "else" },
        lastTimestamp: "2026-01-01T00:00:10Z",
      },
    ];
    const waiting = pod({ containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] });
    assert.deepEqual(why([set({}, { readyReplicas: 0 })], [waiting], events), [
      "server-1 has 0 of 1 ready",
      "server-1-0 ImagePullBackOff",
      "Failed: newest",
    ]);
    const unplaced = pod({
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/2 nodes" }],
    });
    assert.match(
      why([set({}, { readyReplicas: 0 })], [unplaced]).join(),
      /server-1-0 Unschedulable: 0\/2 nodes/,
    );
  });
});

describe("the medic's word on a stack", () => {
  const incident = (name: string, client: string, createdAt: string, phase: string) => ({
    metadata: { name, creationTimestamp: createdAt },
    spec: { namespace: "build-1", client },
    status: { phase, reason: "ImageDrift", rootCause: "a cause" },
  });
  test("is that of its newest incident", () => {
    const all = [
      incident("new", "1", "2026-01-02T00:00:00Z", "Escalated"),
      incident("old", "1", "2026-01-01T00:00:00Z", "Resolved"),
      incident("other", "2", "2026-01-03T00:00:00Z", "Detected"),
    ];
    const mine = incidentOf(all, { namespace: "build-1", client: "1" });
    assert.deepEqual(mine, { name: "new", phase: "Escalated", reason: "ImageDrift", rootCause: "a cause" });
    assert.equal(incidentOf(all, { namespace: "build-2", client: "1" }), undefined);
  });
});

test("inputs that could mean something else are refused, each with what is wanted", () => {
  const good = {
    WAIT_NAMESPACE: "build-1",
    WAIT_CLIENT: "1",
    WAIT_TIMEOUT_SECONDS: "60",
    WAIT_MEDIC_NAMESPACE: "build-medic",
    WAIT_INCIDENTS: "true",
    WAIT_URL: "",
    WAIT_COMMAND: "",
    WAIT_MARK_STARTED: "true",
  };
  assert.ok(!("problems" in readInputs(good)));
  const wrong: Record<string, string> = {
    WAIT_NAMESPACE: "../kube-system",
    WAIT_CLIENT: "1,medic/role=db",
    WAIT_TIMEOUT_SECONDS: "1e9",
    WAIT_MEDIC_NAMESPACE: "a/b",
    WAIT_INCIDENTS: "yes",
    WAIT_MARK_STARTED: "",
    WAIT_URL: "file:///etc/passwd",
  };
  for (const [name, value] of Object.entries(wrong)) {
    const read = readInputs({ ...good, [name]: value });
    assert.ok("problems" in read && read.problems.length === 1, name);
  }
});
