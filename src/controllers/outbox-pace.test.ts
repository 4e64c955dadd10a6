import assert from "node:assert/strict";
import { test } from "node:test";
import { MedicError } from "../lib/medic-error.ts";
import { OutboxPace } from "./outbox-pace.ts";

const away = new MedicError("chat", "connect refused");
const refused = new MedicError("chat", "no such channel", { retriable: false });
const limited = Object.assign(new MedicError("chat", "429"), { retryAfterMs: 90_000 });
const all = ["a", "b", "c"];

test("all that is owed may be tried at once", () => assert.deepEqual(new OutboxPace().due(all, 0), all));

test("a chat that is away is asked with one message at a time, each in turn", () => {
  const pace = new OutboxPace();
  const asked: string[] = [];
  let now = 1000;
  for (const wait of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    const [next = "none", ...more] = pace.due(all, now);
    assert.deepEqual(more, asked.length === 0 ? ["b", "c"] : []);
    asked.push(next);
    pace.failed(next, away, now);
    assert.deepEqual(pace.due(all, now + wait - 1), []);
    now += wait;
  }
  assert.deepEqual(asked, ["a", "b", "c", "a", "b", "c", "a"]);
  assert.equal(pace.due(all, now).length, 1);
});

test("when the chat says how long, no message is tried before, though another one was never tried", () => {
  const pace = new OutboxPace();
  pace.failed("a", limited, 0);
  assert.equal(pace.mayTry("b", 89_999), false);
  assert.equal(pace.mayTry("b", 90_000), true);
  // Another answer that was under way does not shorten it.
  pace.failed("b", away, 1000);
  assert.equal(pace.mayTry("c", 89_999), false);
});

test("a refusal keeps back only its own message, for five minutes", () => {
  const pace = new OutboxPace();
  pace.failed("a", refused, 0);
  assert.deepEqual(pace.due(all, 1), ["b", "c"]);
  assert.deepEqual(pace.due(["a"], 299_999), []);
  assert.deepEqual(pace.due(["a"], 300_000), ["a"]);
});

test("once one is delivered the others go at once", () => {
  const pace = new OutboxPace();
  pace.failed("a", refused, 0);
  pace.failed("b", away, 0);
  assert.deepEqual(pace.due(all, 2000), ["c"]);
  pace.delivered("c");
  assert.deepEqual(pace.due(all, 2000), ["c", "a", "b"]);
});

test("a message that always fails does not keep the others back", () => {
  const pace = new OutboxPace();
  const sent = new Set<string>();
  for (let now = 0; now < 60_000; now += 1000)
    for (const name of pace.due(
      all.filter((each) => !sent.has(each)),
      now,
    )) {
      if (!pace.mayTry(name, now)) continue;
      if (name === "a") pace.failed(name, away, now);
      else {
        sent.add(name);
        pace.delivered(name);
      }
    }
  assert.deepEqual([...sent], ["b", "c"]);
});
