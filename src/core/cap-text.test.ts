import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { capText } from "./cap-text.ts";

test("leaves a text that fits as it is", () => assert.equal(capText("héllo", 6), "héllo"));

test("announces the cut", () => {
  assert.equal(capText("a".repeat(100), 50), `${"a".repeat(16)} … [cut: first 16 of 100 bytes]`);
});

test("never exceeds the limit, never splits a character, keeps a prefix", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.nat(120), (text, maxBytes) => {
      const capped = capText(text, maxBytes);
      assert.ok(Buffer.byteLength(capped) <= maxBytes);
      assert.ok(!capped.includes("\ufffd"));
      const kept = capped.replace(/ … \[cut: first \d+ of \d+ bytes\]$/, "");
      assert.ok(text.startsWith(kept));
    }),
  );
});
