import assert from "node:assert/strict";
import { test } from "node:test";
import { defaulted, images, statefulSet, templateOf } from "../../test/support/stack-pieces.ts";
import { containersOf, nameOf, parseIntent, repairTemplate } from "./intent.ts";
import type { Intent, IntentProblem } from "./intent.ts";
import type { JsonObject } from "./json.ts";
import type { RawIntent } from "./snapshot.ts";

const twoContainers = defaulted({
  spec: {
    containers: [
      { name: "server", image: images.server },
      { name: "proxy", image: "proxy:1" },
    ],
  },
});

function parsed(intent: RawIntent, template: JsonObject = defaulted(templateOf("server"))) {
  return parseIntent(statefulSet("server", { intent, template }));
}

const text = (value: unknown): string => JSON.stringify(value);

const readable: Record<string, readonly [RawIntent, Intent]> = {
  "an image is taken as it stands": [{ image: "farm.test/x@sha256:1" }, { image: "farm.test/x@sha256:1" }],
  "replicas are a whole number": [{ replicas: "3" }, { replicas: 3 }],
  "zero replicas are as declared as any other number": [{ replicas: "0" }, { replicas: 0 }],
  "an empty command is the image's own command": [{ command: "" }, { command: [] }],
  "a command is a JSON array": [{ command: '["node","x.js"]' }, { command: ["node", "x.js"] }],
  "a template is JSON": [{ template: text(templateOf("server")) }, { template: templateOf("server") }],
  "image and command that say what the template says are no contradiction": [
    { image: images.server, command: "", template: text(templateOf("server")) },
    { image: images.server, command: [], template: templateOf("server") },
  ],
  "the command of the template may be declared a second time": [
    { command: '["a"]', template: text(templateOf("server", { command: ["a"] })) },
    { command: ["a"], template: templateOf("server", { command: ["a"] }) },
  ],
  "replicas alone say nothing about containers, so several of them are no riddle": [
    { replicas: "1" },
    { replicas: 1 },
  ],
};
for (const [behaviour, [raw, intent]] of Object.entries(readable)) {
  test(behaviour, () => {
    assert.deepEqual(parsed(raw), { declared: true, intent, problems: [] });
  });
}

test("a StatefulSet without a single annotation declares nothing, and that is no problem of its annotations", () => {
  assert.deepEqual(parsed({}), { declared: false, intent: {}, problems: [] });
});

type Bad = readonly [RawIntent, IntentProblem["reason"], RegExp];
const bad: Record<string, Bad> = {
  'replicas "three"': [
    { replicas: "three" },
    "IntentInvalid",
    /expected-replicas is "three"; a whole number/,
  ],
  "replicas -1": [{ replicas: "-1" }, "IntentInvalid", /whole number/],
  "replicas 1.5": [{ replicas: "1.5" }, "IntentInvalid", /whole number/],
  "replicas without a value": [{ replicas: "" }, "IntentInvalid", /expected-replicas is ""/],
  "more replicas than any farm has": [{ replicas: "10000000" }, "IntentInvalid", /whole number/],
  "an image without a value": [{ image: "" }, "IntentInvalid", /an image reference is needed/],
  "an image with a blank": [{ image: "x y" }, "IntentInvalid", /an image reference is needed/],
  "a command that is no JSON": [{ command: "node x.js" }, "IntentInvalid", /a JSON array of strings/],
  "a command that is JSON, but no array": [{ command: '"node"' }, "IntentInvalid", /JSON array/],
  "a command with something else than strings": [{ command: '["a",1]' }, "IntentInvalid", /JSON array/],
  "a command of nothing": [{ command: "[]" }, "IntentInvalid", /JSON array/],
  "a template that is no JSON": [{ template: "spec: {}" }, "IntentInvalid", /template is no JSON/],
  "a template that is an array": [{ template: "[]" }, "IntentInvalid", /has no spec/],
  "a template without a spec": [{ template: '{"metadata":{}}' }, "IntentInvalid", /has no spec/],
  "a template without containers": [{ template: '{"spec":{}}' }, "IntentInvalid", /has no containers/],
  "a template with no container in its list": [
    { template: '{"spec":{"containers":[]}}' },
    "IntentInvalid",
    /has no containers/,
  ],
  "a template whose container has no name": [
    { template: '{"spec":{"containers":[{"image":"x"}]}}' },
    "IntentInvalid",
    /a container without a name/,
  ],
  "a template whose container is no object": [
    { template: '{"spec":{"containers":["x"]}}' },
    "IntentInvalid",
    /a container without a name/,
  ],
  "an image that the template does not have": [
    { image: "x:other", template: text(templateOf("server")) },
    "IntentConflict",
    /expected-image "x:other" contradicts medic\/expected-template/,
  ],
  "a command where the template has none": [
    { command: '["sh"]', template: text(templateOf("server")) },
    "IntentConflict",
    /expected-command .* contradicts/,
  ],
  "the image's own command where the template has one": [
    { command: "", template: text(templateOf("server", { command: ["sh"] })) },
    "IntentConflict",
    /expected-command .* contradicts/,
  ],
};
for (const [what, [raw, reason, message]] of Object.entries(bad)) {
  test(`${what} is ${reason}, and nothing is repaired by it`, () => {
    const { declared, problems } = parsed(raw);
    assert.equal(declared, true);
    assert.deepEqual(
      problems.map((problem) => problem.reason),
      [reason],
    );
    assert.match(problems[0]!.message, message);
    assert.equal(repairTemplate(statefulSet("server", { intent: raw })), undefined);
  });
}

for (const [what, raw] of Object.entries({
  "an image": { image: images.server },
  "a command": { command: "" },
})) {
  test(`${what} for a pod of two containers is ambiguous: nothing says which one is meant`, () => {
    const { problems } = parsed(raw, twoContainers);
    assert.deepEqual(
      problems.map(({ reason }) => reason),
      ["IntentAmbiguous"],
    );
    assert.match(problems[0]!.message, /server, proxy/);
    assert.equal(repairTemplate(statefulSet("server", { intent: raw, template: twoContainers })), undefined);
  });
}

test("an image for a pod without containers is ambiguous too", () => {
  const { problems } = parsed({ image: "x" }, { spec: {} });
  assert.match(problems[0]!.message, /the containers \(none\)/);
  assert.equal(repairTemplate(statefulSet("server", { intent: { image: "x" }, template: {} })), undefined);
});

test("with a template declared, several containers are no riddle", () => {
  const raw = { image: "proxy:1", command: '["x"]', template: text(twoContainers) };
  assert.deepEqual(parsed(raw, twoContainers).problems, []);
});

test("every bad annotation is told, not only the first", () => {
  const { problems } = parsed({ image: "", replicas: "x", command: "x", template: "x" });
  assert.equal(problems.length, 4);
});

test("a long bad value is cut in the message", () => {
  const { problems } = parsed({ replicas: "9".repeat(500) });
  assert.ok(problems[0]!.message.length < 150);
});

const repairs: Record<string, readonly [RawIntent, JsonObject, JsonObject | undefined]> = {
  "replicas alone need no template": [{ replicas: "1" }, templateOf("server"), undefined],
  "a declared template is written whole": [
    { template: text(templateOf("server")) },
    templateOf("server", { image: "x:bad" }),
    templateOf("server"),
  ],
  "a declared image goes into the live template, which else stays as it is": [
    { image: images.server },
    templateOf("server", { image: "x:bad", env: [{ name: "A", value: "b" }] }, { hostname: "h" }),
    templateOf("server", { env: [{ name: "A", value: "b" }] }, { hostname: "h" }),
  ],
  "the image's own command takes a set command away": [
    { command: "" },
    templateOf("server", { command: ["sleep"] }),
    templateOf("server"),
  ],
  "a declared command replaces the live one": [
    { command: '["a","b"]' },
    templateOf("server", { command: ["sleep"] }),
    templateOf("server", { command: ["a", "b"] }),
  ],
};
for (const [behaviour, [intent, template, wanted]] of Object.entries(repairs)) {
  test(behaviour, () => {
    assert.deepEqual(repairTemplate({ intent, template }), wanted);
  });
}

test("a repair touches no init container", () => {
  const init = { initContainers: [{ name: "seed", image: "seed:1" }] };
  const wanted = repairTemplate({
    intent: { image: images.server },
    template: templateOf("server", { image: "x:bad" }, init),
  });
  assert.deepEqual(wanted, templateOf("server", {}, init));
});

test("containers are read from a template, and from nonsense none are", () => {
  assert.deepEqual(containersOf({ spec: { containers: [{ name: "a" }, null, "x"] } }), [{ name: "a" }]);
  assert.deepEqual(containersOf({ spec: { containers: "a" } }), []);
  assert.deepEqual(containersOf({ spec: [] }), []);
  assert.deepEqual(containersOf({}), []);
});

test("a container without a name has an empty one", () => {
  assert.deepEqual([nameOf({ name: "a" }), nameOf({ name: 1 }), nameOf({})], ["a", "", ""]);
});
