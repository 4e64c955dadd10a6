import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "@rocket.chat/message-parser";
import * as fc from "fast-check";
import { cut, labelText, neutralCode, neutralText, neutralTitle, safeLink } from "./neutral-text.ts";

/** What Rocket.Chat's own parser makes of a text: every kind of node in it. */
function kinds(text: string): Set<string> {
  const found = new Set<string>();
  JSON.stringify(parse(text), (_key, value: unknown) => {
    // An emoji that stood there as a character is text; only `:smile:` is markup.
    if (isNode(value) && !("unicode" in value)) found.add(value.type);
    return value;
  });
  return found;
}

function isNode(value: unknown): value is { type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

const HARMLESS = new Set(["PARAGRAPH", "PLAIN_TEXT", "INLINE_CODE", "LINE_BREAK"]);

const NASTY: readonly string[] =
  `@all @here #general @@all [fix](http://evil.example.com) <http://evil.example.com|build>
  http:// https://evil.example.com/x evil.example.com a@evil.example.com mailto:a@b.io 10.0.0.1:80 * _ ~ | ||
  :smile: : +4912345678901 " "@all" "x ( ) [ ] < > a Z 0 . / - = & $x$ <t:1700000000:R> ![](http://x.io) ä İ.com file.zip`
    .split(/\s+/)
    .concat([
      "`",
      "```",
      "\\",
      "\\(x\\)",
      " ",
      "\n",
      "\n\n# ",
      "\n> ",
      "\n- [ ] ",
      "\n```",
      "\t",
      "\r",
      "\u2028",
    ])
    .concat(["\u202e", "\u200b", "\ud800"]);

test("no text from the cluster becomes a mention, a link, an emoji or emphasis", () => {
  const text = fc.array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary" })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (pieces) => {
      const shown = `• ${neutralText(pieces.join(""), 2000)}`;
      assert.deepEqual(
        [...kinds(shown)].filter((kind) => !HARMLESS.has(kind)),
        [],
        JSON.stringify(shown),
      );
    }),
    { numRuns: 300 },
  );
});

test("no text from the cluster leaves its code block", () => {
  const text = fc.array(fc.constantFrom(...NASTY), { maxLength: 12 });
  fc.assert(
    fc.property(text, (pieces) => {
      const shown = `\`\`\`\n. ${neutralCode(pieces.join(""), 2000)}\n\`\`\``;
      assert.deepEqual([...kinds(shown)].sort(), ["CODE", "CODE_LINE", "PLAIN_TEXT"], JSON.stringify(shown));
    }),
    { numRuns: 150 },
  );
});

test("no name in a bold line becomes more than a name", () => {
  const text = fc.array(fc.constantFrom(...NASTY), { maxLength: 8 });
  fc.assert(
    fc.property(text, (pieces) => {
      const shown = `:x: *Build ${neutralTitle(labelText(pieces.join("")))}: stuck*`;
      assert.deepEqual(
        [...kinds(shown)].sort(),
        ["BOLD", "EMOJI", "PARAGRAPH", "PLAIN_TEXT"],
        JSON.stringify(shown),
      );
    }),
    { numRuns: 150 },
  );
});

test("a mention reaches nobody on servers that look for it with a regular expression either", () => {
  for (const shown of [
    neutralText('ask @all or "@here" in #general', 100),
    neutralCode("ask @all (@here) #general", 100),
  ]) {
    assert.doesNotMatch(shown, /[@#][A-Za-z]/);
  }
});

test("an ordinary sentence stays as it is", () => {
  const sentence =
    "server-2-0 has no node: 0/3 nodes are available; it took 1.5 s, exit code 137 (POSTGRES_USER is set).";
  assert.equal(neutralText(sentence, 500), sentence);
});

test("images, hosts and quoted names become inline code that can be copied", () => {
  assert.equal(
    neutralText('image: "localhost:5000/server:1" → "nope", from reg.example.com/a_b@sha256:12ab. End', 500),
    "image: `localhost:5000/server:1` → `nope`, from `reg.example.com/a_b@sha256:12ab`. End",
  );
});

test("new lines and characters that turn the reading direction do not get through", () => {
  assert.equal(neutralText("a\r\n\tb\u202e\u200bc\u0007", 100), "a bc");
});

test("a cut says how long the text was, and does not split a character", () => {
  assert.equal(cut("a".repeat(100), 100), "a".repeat(100));
  const shown = cut("🩺".repeat(50), 60);
  assert.ok(shown.length <= 60);
  assert.match(shown, /^(🩺)+� … \(cut, 100 characters in all\)$|^(🩺)+ … \(cut, 100 characters in all\)$/u);
});

test("a link is kept when it is http or https and encoded so that it ends where it ends", () => {
  assert.equal(
    safeLink("https://ci.example.com/runs/4711?x=1#log"),
    "https://ci.example.com/runs/4711?x=1#log",
  );
  assert.equal(safeLink("http://ci/a)|*b*(<x>@all"), "http://ci/a%29%7C%2Ab%2A%28%3Cx%3E%40all");
});

test("anything else is no link", () => {
  for (const url of [
    undefined,
    "",
    "ci/4711",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://u:p@ci/",
    "data:text/html,x",
  ]) {
    assert.equal(safeLink(url), undefined, url);
  }
  assert.equal(safeLink(`https://ci/${"a".repeat(600)}`), undefined);
});
