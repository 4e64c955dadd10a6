import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HOLD_MS, LEASE_MS, RENEW_EVERY_MS, mayTake, seenAt, stillHolds } from "./election.ts";

const others = { holder: "b", renewTime: "t1" };

test("a lease that nobody holds, or that was ours, may be taken at once", () => {
  assert.ok(mayTake({ record: { holder: "", renewTime: "" }, at: 0 }, "a", 0));
  assert.ok(mayTake({ record: { holder: "a", renewTime: "t" }, at: 0 }, "a", 0));
});

test("another's lease may be taken when it was seen unchanged for all of its time", () => {
  const seen = seenAt(undefined, others, 1000);
  assert.ok(!mayTake(seen, "a", 1000 + LEASE_MS - 1));
  assert.ok(mayTake(seen, "a", 1000 + LEASE_MS));
});

test("a renewal begins the time anew, the same record does not", () => {
  const seen = seenAt(undefined, others, 0);
  assert.equal(seenAt(seen, { ...others }, 5000).at, 0);
  assert.equal(seenAt(seen, { ...others, renewTime: "t2" }, 5000).at, 5000);
  assert.equal(seenAt(seen, { ...others, holder: "c" }, 5000).at, 5000);
});

test("whoever has never renewed holds nothing", () => {
  assert.ok(!stillHolds(undefined, 0));
});

test("a holder has stopped before anybody else begins, however late its last renewal was seen", () => {
  const ms = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(ms, ms, ms, (renewedAt, seenLate, now) => {
      // Seen no earlier than it was stored, which is no earlier than it was begun.
      const seen = seenAt(undefined, others, renewedAt + seenLate);
      assert.ok(!(mayTake(seen, "a", now) && stillHolds(renewedAt, now)));
    }),
  );
});

test("there is time for a slow answer between two renewals", () => {
  assert.ok(HOLD_MS > 2 * (RENEW_EVERY_MS + 5000));
  assert.ok(LEASE_MS > HOLD_MS);
});
