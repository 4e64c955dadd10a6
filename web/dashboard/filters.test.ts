import assert from "node:assert/strict";
import { test } from "node:test";
import { anIncident, detectedAt } from "../../test/support/served-api.ts";
import { incidentJson } from "../../src/api/incident-json.ts";
import { changeWords } from "./change-words.ts";
import { choices, filtersOf, isFiltered, newestBuildFirst, noFilters, selected } from "./filters.ts";

const incidents = [
  anIncident("old", { status: { phase: "Resolved" }, createdAt: detectedAt - 1000 }),
  anIncident("new"),
  anIncident("cordon", {
    status: { reason: "NodesCordoned", rootCause: "Two nodes are cordoned.", tier: 2, phase: "Escalated" },
    spec: { runId: "4712", client: "7" },
    createdAt: detectedAt - 500,
  }),
].map(incidentJson);

const found: readonly [query: Readonly<Record<string, string>>, names: readonly string[]][] = [
  [{}, ["new", "cordon", "old"]],
  [{ phase: "open" }, ["new"]],
  [{ phase: "Resolved" }, ["old"]],
  [{ tier: "2" }, ["cordon"]],
  [{ build: "4712" }, ["cordon"]],
  [{ build: "471" }, []],
  [{ reason: "ImageDrift" }, ["new", "old"]],
  [{ q: "CORDONED two" }, ["cordon"]],
  [{ q: "4712" }, ["cordon"]],
  [{ q: "restart-pod" }, ["new", "cordon", "old"]],
  [{ q: "restart-pod", tier: "1", phase: "Resolved" }, ["old"]],
  [{ q: ".*" }, []],
  [{ phase: "constructor" }, []],
];
for (const [query, names] of found)
  test(`${JSON.stringify(query)} finds ${names.join(", ") || "nothing"}`, () =>
    assert.deepEqual(
      selected(incidents, filtersOf(query)).map(({ name }) => name),
      names,
    ));

test("the choices are what occurs, and what is asked for although it does not", () => {
  assert.deepEqual(choices(incidents, { ...noFilters, build: "gone", reason: "Storm" }), {
    reasons: ["ImageDrift", "NodesCordoned", "Storm"],
    builds: ["4712", "4711", "gone"],
  });
  assert.equal(isFiltered(noFilters), false);
  assert.equal(isFiltered(filtersOf({ q: "a" })), true);
});

test("builds come newest first, by number where they are numbers", () => {
  assert.deepEqual(["9", "10", "0tp6a", "0tp7a"].sort(newestBuildFirst), ["10", "9", "0tp7a", "0tp6a"]);
});

test("says what changed of an incident, and nothing of what is not news", () => {
  const [, known] = incidents;
  assert.equal(changeWords(known!, undefined), "New incident, ImageDrift: server-0, build 4711.");
  assert.equal(changeWords(known!, known), undefined);
  const storm = incidentJson(anIncident("s", { status: { reason: "Storm" }, spec: { client: "*" } }));
  assert.equal(changeWords(storm, undefined), "New incident, Storm: the whole farm.");
});
