import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCassettes } from "../farm/rehearsal/cassette.ts";
import { episodesResult } from "./episodes-table.ts";
import type { EpisodeFigures } from "./paper-episode.ts";

const figures = (requests: number, usd: number, seconds: number): EpisodeFigures => ({
  requests,
  usd,
  seconds,
  tokens: 1000 * requests,
  peakRssMib: 220,
});

test("a row has the median and, where there is one, the range; the ratio is that of the medians", () => {
  const { rows, notes } = episodesResult({
    cordon: [figures(3, 0.02, 1), figures(3, 0.02, 3), figures(3, 0.02, 2)],
    cordonStepByStep: [figures(4, 0.025, 1)],
    cordonAtOnce: [figures(3, 0.01, 1)],
    network: [figures(3, 0.03, 1)],
    threeAtOnce: [figures(3, 0.02, 1), figures(3, 0.02, 1), figures(3, 0.02, 1)],
    batchSeconds: [2, 4],
  });
  assert.deepEqual(rows[0]?.values, ["3", "3000", "$0.0200", "2.00 s (1.00 s to 3.00 s)", "220 MiB"]);
  assert.deepEqual(rows[3]?.values, ["0.75x", "0.75x", "0.80x", "", ""]);
  assert.deepEqual(rows[4]?.values, ["1.00x", "1.00x", "2.00x", "", ""]);
  assert.match(notes[1] ?? "", /2\.00 s \(2\.00 s to 4\.00 s\) for all of them; .* at most 660 MiB\./);
});

test("the benchmark's own cassettes can be read", async () => {
  const cassettes = await loadCassettes(new URL("cassettes", import.meta.url).pathname);
  assert.deepEqual(
    cassettes.map(({ name }) => name),
    ["cordon-at-once", "cordon-step-by-step"],
  );
});
