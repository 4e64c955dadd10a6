import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { collectingLog } from "../../test/support/collecting-log.ts";
import { SteppedClock } from "../../test/support/stepped-clock.ts";
import { MedicError } from "../lib/medic-error.ts";
import { awaitCluster } from "./await-cluster.ts";

const away = new MedicError("cluster-unreachable", "the API server does not answer");
const refused = new MedicError("rights-missing", "the account may not", { retriable: false });

/** A start whose API server says this at each moment (seconds from the first question); "in" lets it in. */
function start(says: (seconds: number) => MedicError | "in") {
  const clock = new SteppedClock();
  const begun = clock.now();
  const log = collectingLog();
  const stop = new AbortController();
  const problems: string[] = [];
  let asked = 0;
  const ended = awaitCluster(
    async () => {
      asked += 1;
      const answer = says((clock.now() - begun) / 1000);
      if (answer !== "in") throw answer;
      return answer;
    },
    { clock, log, signal: stop.signal, onWait: (problem) => problems.push(problem) },
  );
  ended.catch(() => undefined);
  return { clock, ended, lines: log.lines, problems, stop, asked: () => asked };
}

describe("a start while the API server is away", () => {
  it("asks again every few seconds, for hours, and goes on within seconds of the answer", async () => {
    const { clock, ended, problems, asked } = start((seconds) => (seconds < 7200 ? away : "in"));
    await clock.step(7_205_000);
    assert.equal(await ended, "in");
    assert.ok(asked() > 7200 / 5);
    assert.equal(problems.length, asked() - 1);
  });

  it("says so at once, and then ever more rarely", async () => {
    const { clock, lines, stop } = start(() => away);
    await clock.step(60_000);
    const first = lines.length;
    assert.ok(first >= 3 && first <= 4, String(first));
    await clock.step(3_600_000);
    assert.ok(lines.length - first < 12, String(lines.length));
    stop.abort(away);
  });

  it("ends at once with what another try cannot change", async () => {
    const { ended, lines } = start(() => refused);
    await assert.rejects(ended, refused);
    assert.deepEqual(lines, []);
  });

  it("gives an API server that has just come back half a minute to know its accounts again", async () => {
    const quick = start((seconds) => (seconds < 60 ? away : seconds < 75 ? refused : "in"));
    await quick.clock.step(85_000);
    assert.equal(await quick.ended, "in");
    const final = start((seconds) => (seconds < 60 ? away : refused));
    await final.clock.step(100_000);
    await assert.rejects(final.ended, refused);
  });

  it("ends when it is stopped", async () => {
    const { clock, ended, stop } = start(() => away);
    await clock.step(10_000);
    stop.abort(new MedicError("stopping", "the medic is stopping"));
    await assert.rejects(ended, /stopping/);
  });
});
