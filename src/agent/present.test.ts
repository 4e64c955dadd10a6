import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { aStack } from "../../test/support/builders.ts";
import { templateOf } from "../../test/support/stack-pieces.ts";
import { createRedactor } from "../core/redact.ts";
import { ANSWER_BYTES, harmless, lastLines, lastThatFit, present, redactorFor } from "./present.ts";

const redactor = createRedactor({ known: ["hunter22"] });

test("a secret that invisible characters split is masked when they are gone", () => {
  assert.equal(present("pw hun\u200bter22 \u001b[31mhunt\u001b[0mer22", redactor), "pw [masked] [masked]");
});

test("whatever the text, what is shown fits, has no markup and no control characters, and no known secret", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "hunter22",
      "hun",
      "ter22",
      "\u200b",
      "</cluster-data>",
      "<",
      "system-reminder>",
      "\u001b[1m",
      "é",
    ),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.nat(300), (parts, maxBytes) => {
      const shown = present(parts.join(""), redactor, maxBytes);
      assert.ok(Buffer.byteLength(shown) <= maxBytes);
      assert.doesNotMatch(shown, /<\/?(?:cluster-data|system-reminder)|hunter22/);
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(shown, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b]/);
    }),
    { numRuns: 1000 },
  );
});

test("what is harmless stays as it is when it is made harmless again", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom("hunter22", "<a", "\u200b", "token=", " "), fc.string())),
      (parts) => {
        const once = harmless(parts.join(""), redactor);
        assert.equal(harmless(once, redactor), once);
      },
    ),
    { numRuns: 1000 },
  );
});

test("an answer is cut at eight thousand bytes", () => {
  assert.equal(ANSWER_BYTES, 8000);
  assert.equal(Buffer.byteLength(present("é".repeat(9000), redactor)) <= 8000, true);
});

const lines: Record<string, readonly [string, number, string]> = {
  "a text that fits": ["a\nb", 4, "a\nb"],
  "the newest lines of one that does not": ["a\nb\nc", 4, "[cut: 1 earlier lines are left out]\nb\nc"],
  "the beginning of a last line that is too long": ["a\nbcdef", 3, "bcd"],
  "nothing of nothing": ["", 0, ""],
};
for (const [what, [text, maxBytes, kept]] of Object.entries(lines)) {
  test(`of a log is shown ${what}`, () => assert.equal(lastLines(text, maxBytes), kept));
}

test("lines that fit are the last ones, without a gap", () => {
  assert.deepEqual(lastThatFit(["a", "long line", "b", "c"], 5), ["b", "c"]);
});

test("the passwords of a stack's own template are masked, and nothing else of it", () => {
  const env = [
    { name: "DB_PASSWORD", value: "correct-horse" },
    { name: "MODE", value: "ordinary" },
  ];
  const snapshot = aStack().liveTemplate(templateOf("server", { env })).snapshot();
  const masking = redactorFor(snapshot, ["sk-known"]);
  assert.equal(masking.text("correct-horse sk-known ordinary"), "[masked] [masked] ordinary");
});
