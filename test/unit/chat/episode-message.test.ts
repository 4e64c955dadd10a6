import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMessage } from "../../../src/chat/message-format.ts";
import { exampleEscalation } from "../../support/rocketchat/escalation-example.ts";

test("what a model suggests and quotes comes last, as its words, without markup", () => {
  const { text } = formatMessage(
    exampleEscalation({ evidence: "connect *ETIMEDOUT* @all", suggestion: "Look at the switch" }),
    {},
  );
  const lines = text.split("\n").slice(-5);
  assert.match(lines[0] ?? "", /^\*The model suggests:\* Look at the switch\.$/);
  assert.deepEqual(lines.slice(1, 3), ["*It quotes:*", "```"]);
  assert.match(lines[3] ?? "", /^connect \*ETIMEDOUT\* @.all$/);
  assert.equal(lines[4], "```");
});

test("without a model there is no such line", () => {
  assert.doesNotMatch(formatMessage(exampleEscalation({}), {}).text, /The model suggests|It quotes/);
});
