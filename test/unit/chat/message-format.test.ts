import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "@rocket.chat/message-parser";
import * as fc from "fast-check";
import { jsonText } from "../../../scripts/values-schema.ts";
import { linksOf } from "../../../src/chat/links.ts";
import { type FormattedMessage, formatMessage } from "../../../src/chat/message-format.ts";
import type { EscalationMessage } from "../../../src/core/escalation.ts";
import { Reasons } from "../../../src/core/finding.ts";
import { attachmentProblem } from "../../support/rocketchat/attachments.ts";
import { exampleAttempt, exampleEscalation } from "../../support/rocketchat/escalation-example.ts";
import { examples } from "../../support/rocketchat/escalation-examples.ts";

const PAGES = "https://medic.example.com";
const format = (message: EscalationMessage): FormattedMessage =>
  formatMessage(message, linksOf(message, PAGES));

for (const [name, message] of Object.entries(examples)) {
  // `node --test --test-update-snapshots` writes them anew.
  test(`the message "${name}" is exactly this`, (t) => {
    t.assert.fileSnapshot(format(message), `${import.meta.dirname}/golden/${name}.json`, {
      serializers: [jsonText],
    });
  });
}

test("the first line alone says which build, client and StatefulSet, and why, and fits on a phone", () => {
  const [first = ""] = format(exampleEscalation()).text.split("\n");
  for (const word of ["4711", "client 2", "server-2", "NodesCordoned"]) assert.ok(first.includes(word), word);
  assert.ok(first.length <= 100, String(first.length));
});

test("every reason makes a message that says why, what was tried and what to do, in this order", () => {
  for (const reason of Object.keys(Reasons)) {
    const { text } = format(exampleEscalation({ reason }));
    const at = ["*Root cause:*", "*Tried:*", "*Next:*", "```\n", "Build: ", "Story: "].map((part) =>
      text.indexOf(part),
    );
    assert.deepEqual(
      at.toSorted((left, right) => left - right),
      at,
      reason,
    );
    assert.ok(!at.includes(-1), reason);
    assert.doesNotMatch(text, /undefined|null|NaN|\.\.(?!\.)|\(\)|: \.|,\./, reason);
  }
});

test("a model's account is told as a model's, beside the medic's own finding", () => {
  const lines = format(examples["a-models-account"]!).text.split("\n");
  assert.match(lines[1]!, /^\*Root cause, as a model sees it:\* The server cannot reach its database/);
  assert.match(lines[2]!, /^\*What the medic found:\* server-2-0 runs but is not ready/);
});

test("what was refused or only would have been done is not told as tried", () => {
  for (const outcome of ["refused", "observed"] as const)
    assert.match(
      format(exampleEscalation({ attempts: [exampleAttempt({ outcome })] })).text,
      /^\*Tried:\* nothing was changed\.\n• reconcile-to-intent on StatefulSet\/server-2: not /m,
    );
  assert.match(format(exampleEscalation({ attempts: [exampleAttempt()] })).text, /^\*Tried:\*\n• /m);
});

const nasty = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .constantFrom("*", "@all ", "`", "```", "<", "a.b ", "😀", "\ud83d", "&")
    .map((piece) => piece.repeat(4000)),
);
const many = fc.array(nasty, { maxLength: 40 });

/** A message with this text wherever text from outside can stand. */
function filledWith(text: string, attempts: readonly string[], events: readonly string[]): EscalationMessage {
  return exampleEscalation({
    rootCause: text,
    accounts: { model: text, medic: text },
    evidence: text,
    suggestion: text,
    attempts: attempts.map((detail) => exampleAttempt({ detail })),
    events,
    stack: text,
    incident: text,
    runId: text,
    client: text,
    reason: text,
    buildUrl: `https://ci.example.com/${"a".repeat(450)}`,
  });
}

test("no message is longer than the server takes, and none is cut within a character or a code block", () => {
  fc.assert(
    fc.property(nasty, many, many, (text, attempts, events) => {
      const message = filledWith(text, attempts, events);
      const { text: shown, attachments } = format(message);
      const parts = [shown, ...attachments.map((attachment) => attachment.text)];
      for (const part of parts) {
        assert.ok(part.length <= 5000, `${part.length} characters`);
        assert.ok(part.isWellFormed(), "half a character");
        assert.equal((part.match(/```/g)?.length ?? 0) % 2, 0, "an open code block");
        for (const line of part.replaceAll(/```[^]*?```/g, "").split("\n"))
          assert.equal((line.match(/`/g)?.length ?? 0) % 2, 0, `open code: ${line}`);
      }
      for (const needed of ["*Next:*", "*Tried:*", "Build: https://ci"])
        assert.ok(shown.includes(needed), needed);
      assert.doesNotMatch(shown, /… \(cut, \d+ characters in all\)$/);
      assert.equal(attachmentProblem(attachments), undefined);
    }),
    { numRuns: 60 },
  );
});

test("a cut is announced, wherever it is made", () => {
  const { text, attachments } = format(examples["very-long"]!);
  assert.match(text, /… \(cut, \d+ characters in all\)\.\n\*Tried:\*\n• \(12 earlier left out\)\n/);
  assert.match(attachments[0]!.text, /newest last, \d+ older left out:\n```\n/);
  const fuller = filledWith(
    "*a".repeat(3000),
    Array.from({ length: 9 }, () => "*".repeat(900)),
    [],
  );
  assert.match(format(fuller).text, /\n… \(too long: \d+ of \d+ lines left out\)$/);
});

test("text from the cluster neither calls people nor looks like the medic's own lines", () => {
  const { text, attachments } = format(examples["hostile"]!);
  assert.equal(text.match(/^\*Next:\*/gm)?.length, 1);
  const shown = [text, attachments[0]!.text, ...attachments[0]!.fields.map(({ value }) => value)];
  const found = JSON.stringify(shown.map((part) => parse(part)));
  assert.doesNotMatch(found, /MENTION_/);
  const links = [...found.matchAll(/"src":\{"type":"PLAIN_TEXT","value":"([^"]+)"/g)].map(([, link]) => link);
  assert.ok(
    links.length > 0 && links.every((link) => link?.startsWith(`${PAGES}/#/incidents/`)),
    String(links),
  );
});

test("no two parts of a message together make a link or a call that neither makes alone", () => {
  const piece = fc.constantFrom(
    ..."[ ]( ](http://evil.example.com) ](evil.example.com) [x <http://evil.example.com| > *a b* ` ``` || $$ \\( \\[ @all a.b".split(
      " ",
    ),
  );
  const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(" "));
  fc.assert(
    fc.property(text, text, text, text, (rootCause, detail, suggestion, evidence) => {
      const shown = format(
        exampleEscalation({ rootCause, suggestion, evidence, attempts: [exampleAttempt({ detail })] }),
      ).text;
      const found = JSON.stringify(parse(shown));
      assert.doesNotMatch(found, /MENTION_|SPOILER|KATEX/, shown);
      const links = [...found.matchAll(/"src":\{"type":"PLAIN_TEXT","value":"([^"]+)"/g)].map(([, to]) => to);
      assert.deepEqual(
        links,
        ["https://ci.example.com/runs/4711", `${PAGES}/#/incidents/ci-4711-2-k3x9d`],
        shown,
      );
      assert.equal(found.match(/"type":"CODE"/g)?.length, evidence.trim() === "" ? 1 : 2, shown);
    }),
    { numRuns: 300 },
  );
});

test("a build link that is none is left out and the message goes without", () => {
  for (const buildUrl of ["javascript:alert(1)", "not a url", "ftp://ci/1", ""]) {
    const message = exampleEscalation({ buildUrl });
    const { text, attachments } = formatMessage(message, linksOf(message));
    assert.doesNotMatch(text, /^Build:/m);
    assert.equal(attachments[0]!.title_link, undefined);
    assert.equal(attachmentProblem(attachments), undefined);
  }
});

test("without an address of the medic's pages there is no link to them", () => {
  const message = exampleEscalation();
  assert.deepEqual(linksOf(message), { build: "https://ci.example.com/runs/4711" });
  assert.equal(
    linksOf(message, "https://x.test/medic/").story,
    "https://x.test/medic/#/incidents/ci-4711-2-k3x9d",
  );
  const { attachments } = formatMessage(message, linksOf(message));
  assert.equal(attachments[0]!.title, "Open the build");
});

test("the same incident always makes the same bytes", () => {
  const bytes = (): string => JSON.stringify(format(exampleEscalation()));
  assert.equal(bytes(), bytes());
});
