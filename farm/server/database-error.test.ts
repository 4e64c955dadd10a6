import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messageOf, unreachableCode } from "./database-error.ts";

const coded = (code: string) => Object.assign(new Error("x"), { code });

describe("a database error", () => {
  for (const code of [
    "ECONNREFUSED",
    "EAI_AGAIN",
    "ENOTFOUND",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "57P01",
    "08006",
  ]) {
    it(`with ${code} means that the database is unreachable`, () => {
      assert.equal(unreachableCode(coded(code)), code);
    });
  }

  for (const code of ["23505", "42P01", "28P01", "40P01"]) {
    it(`with ${code} is an answer`, () => {
      assert.equal(unreachableCode(coded(code)), undefined);
    });
  }

  it("without a code is known by the client's words", () => {
    assert.equal(unreachableCode(new Error("Connection terminated unexpectedly")), "ECONNRESET");
    assert.equal(unreachableCode(new Error("anything else")), undefined);
  });

  it("of several addresses at once names them all", () => {
    const errors = [
      new Error("connect ECONNREFUSED ::1:5432"),
      new Error("connect ECONNREFUSED 127.0.0.1:5432"),
    ];
    assert.equal(
      messageOf(new AggregateError(errors)),
      "connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432",
    );
  });
});
