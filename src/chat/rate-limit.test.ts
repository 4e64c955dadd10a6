import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "./rate-limit.ts";

const NOW = Date.parse("2026-11-22T20:00:00Z");

const cases: Record<string, [headers: Record<string, string>, waitMs: number]> = {
  "waits until the reset": [{ "x-ratelimit-reset": String(NOW + 12_345) }, 12_345],
  "measures the reset with the server's own clock": [
    { "x-ratelimit-reset": String(NOW + 3_612_000), date: "Sun, 22 Nov 2026 21:00:00 GMT" },
    12_000,
  ],
  "waits a second at least, also for a reset in the past": [
    { "x-ratelimit-reset": String(NOW - 5000) },
    1000,
  ],
  "waits five minutes at most": [{ "x-ratelimit-reset": String(NOW + 86_400_000) }, 300_000],
  "takes Retry-After, in seconds, from a gateway": [{ "retry-after": "7" }, 7000],
  "takes Retry-After as a date, by the server's own clock": [
    { "retry-after": "Sun, 22 Nov 2026 21:00:09 GMT", date: "Sun, 22 Nov 2026 21:00:00 GMT" },
    9000,
  ],
  "believes Retry-After before a reset whose unit may be another": [
    { "retry-after": "5", "x-ratelimit-reset": String(NOW / 1000 + 5) },
    5000,
  ],
  "waits a minute when nothing is said": [{}, 60_000],
  "waits a minute when nonsense is said": [{ "x-ratelimit-reset": "soon", date: "today" }, 60_000],
};

for (const [name, [headers, waitMs]] of Object.entries(cases)) {
  test(name, () => assert.equal(retryAfterMs(new Headers(headers), NOW), waitMs));
}
