import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { KINDS } from "./kinds.ts";
import { Random } from "./random.ts";
import { planOutages } from "./run.ts";
import { MEDIC_USER, medicWrites } from "./writes.ts";

describe("what npm run faults chooses", () => {
  it("is the same for the same seed and another for another one", () => {
    assert.deepEqual(planOutages(50, 7), planOutages(50, 7));
    assert.notDeepEqual(planOutages(50, 7), planOutages(50, 8));
  });

  it("has every kind of outage, and both ways of deleting a namespace", () => {
    const outages = planOutages(240, 1);
    const kinds = new Set(outages.map(({ kind }) => kind));
    assert.equal(kinds.size, KINDS.length);
    const deletions = new Set(outages.map(({ deletion }) => deletion?.when));
    assert.deepEqual(deletions, new Set([undefined, "incident", "episode"]));
  });

  it("stays within its bounds", () => {
    const random = new Random(3, "bounds");
    const drawn = Array.from({ length: 1000 }, () => random.between(2, 5));
    assert.deepEqual(new Set(drawn), new Set([2, 3, 4, 5]));
    assert.deepEqual(new Set(random.shuffled([1, 2, 3])), new Set([1, 2, 3]));
  });
});

describe("the writes of the medics in the audit log", () => {
  const line = (verb: string, resource: string, more: object = {}): string =>
    JSON.stringify({
      verb,
      user: { username: MEDIC_USER },
      requestURI: "/x",
      requestReceivedTimestamp: "2026-01-01T00:00:00Z",
      objectRef: { resource, namespace: "outage-0001", name: "server-0" },
      responseStatus: { code: 200 },
      ...more,
    });

  it("are those that were carried out, without dry runs and the medics' own memory", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "faults-test-"));
    t.after(() => rm(folder, { recursive: true }));
    const own = { objectRef: { resource: "incidents", namespace: "build-medic", name: "x" } };
    const lines = [
      line("patch", "statefulsets", { responseObject: { spec: {} } }),
      line("patch", "statefulsets", { requestURI: "/x?dryRun=All" }),
      line("patch", "statefulsets", { responseStatus: { code: 409 } }),
      line("delete", "pods", { responseStatus: undefined }),
      line("update", "incidents", own),
      line("create", "selfsubjectaccessreviews"),
    ];
    await writeFile(join(folder, "audit.log"), lines.join("\n"));
    const { writes, refused } = await medicWrites(join(folder, "audit.log"));
    assert.deepEqual(
      writes.map(({ verb, resource }) => `${verb} ${resource}`),
      ["patch statefulsets", "delete pods"],
    );
    assert.equal(refused, 1);
  });
});
