import assert from "node:assert/strict";
import { test } from "node:test";
import { aStack } from "../../../test/support/builders.ts";
import { DEPLOYED, MINUTE, SECOND } from "../../../test/support/stack-pieces.ts";
import { ago } from "./ago.ts";
import { eventsText } from "./events.ts";

const stack = aStack().at(DEPLOYED + MINUTE);
const linesOf = (text: string): readonly string[] => text.split("\n").slice(1);

for (const [seconds, words] of [
  [-5, "0s"],
  [59, "59s"],
  [60, "1m0s"],
  [200, "3m20s"],
  [7500, "2h5m"],
] as const) {
  test(`${seconds} seconds ago is ${words} ago`, () =>
    assert.equal(ago(DEPLOYED, DEPLOYED + seconds * SECOND), words));
}

test("no events are said to be none, of a stack and of a pod", () => {
  assert.match(eventsText(stack.snapshot()), /^There are no events of the stack\. /);
  const other = stack.podEvent("Failed", "x", DEPLOYED, "db").snapshot();
  assert.match(
    eventsText(other, "server-0-0"),
    /^There are no events of server-0-0, its StatefulSet and its claims\. /,
  );
});

test("an event tells when, of what, by whom and how often, on one line", () => {
  const text = eventsText(
    stack.event({ name: "server-0-0", reason: "Failed", message: "a\n  b ", count: 3 }).snapshot(),
  );
  assert.equal(
    text,
    "Events of the stack, oldest first, read at 2026-01-05T12:01:00.000Z:\n1m0s ago Warning Pod/server-0-0 Failed by kubelet: a b (3 times)",
  );
  assert.match(eventsText(stack.event({ component: "" }).snapshot()), / : $/);
});

test("the same words about the same object are one line, as new as the newest", () => {
  const repeated = stack
    .podEvent("Failed", "x", DEPLOYED + 50 * SECOND)
    .podEvent("Other", "x", DEPLOYED + 20 * SECOND)
    .podEvent("Failed", "x", DEPLOYED);
  assert.deepEqual(linesOf(eventsText(repeated.snapshot())), [
    "40s ago Warning Pod/server-0-0 Other by kubelet: x",
    "10s ago Warning Pod/server-0-0 Failed by kubelet: x (2 times)",
  ]);
});

test("a pod's events are its own, its StatefulSet's and its claims'", () => {
  const all = stack
    .podEvent("Own", "")
    .setEvent("Sets", "")
    .event({ kind: "PersistentVolumeClaim", name: "data-server-0-0", reason: "Claims" })
    .podEvent("Database", "", DEPLOYED, "db")
    .event({ kind: "PersistentVolumeClaim", name: "data-db-0-0", reason: "Databases" });
  const text = eventsText(all.snapshot(), "server-0-0");
  for (const reason of ["Own", "Sets", "Claims"]) assert.match(text, new RegExp(` ${reason} `));
  assert.doesNotMatch(text, /Database/);
});

test("of many events the newest forty are told, of long ones the newest that fit, and how many are left out", () => {
  const flood = (message: string) =>
    Array.from({ length: 100 }, (_, n) => n).reduce(
      (sofar, n) => sofar.podEvent("Failed", `${n} ${message}`, DEPLOYED + n),
      stack,
    );
  const short = linesOf(eventsText(flood("x").snapshot()));
  assert.equal(short[0], "[cut: 60 older ones are left out]");
  assert.equal(short.length, 41);
  const long = linesOf(eventsText(flood("é".repeat(1000)).snapshot(), undefined, 4000));
  assert.match(long[0]!, /^\[cut: 9\d older ones are left out\]$/);
  assert.match(long.at(-1)!, /: 99 é+ … \[cut: first \d+ of \d+ bytes\]$/);
  assert.ok(Buffer.byteLength(long.join("\n")) < 4100);
});
