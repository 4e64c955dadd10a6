import assert from "node:assert/strict";
import { test } from "node:test";
import { createRedactor } from "../core/redact.ts";
import { MedicError } from "../lib/medic-error.ts";
import { createLog } from "./log.ts";
import type { LogLevel } from "./log.ts";

function capture(level: LogLevel = "debug"): {
  lines: () => Record<string, unknown>[];
  log: ReturnType<typeof createLog>;
} {
  const written: string[] = [];
  const log = createLog({
    level,
    destination: { write: (line) => void written.push(line) },
    redactor: createRedactor({ known: ["zebra-zebra"] }),
  });
  return { log, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test("writes one JSON line with level, time, fields and message", () => {
  const { log, lines } = capture();
  log.info("stack ready", { stack: "ci-1/0", seconds: 2 });
  const [line] = lines();
  assert.match(String(line!["time"]), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(
    { ...line, time: 0 },
    { level: "info", time: 0, stack: "ci-1/0", seconds: 2, msg: "stack ready" },
  );
});

test("writes nothing below its level, also in children", () => {
  const { log, lines } = capture("warn");
  log.debug("a");
  log.info("b");
  log.child({ stack: "x" }).info("c");
  log.child({ stack: "x" }).warn("d");
  assert.deepEqual(
    lines().map(({ msg, stack }) => [msg, stack]),
    [["d", "x"]],
  );
});

test("masks fields, errors, bound fields and messages", () => {
  const { log, lines } = capture();
  const error = new MedicError("ChatDown", "post to https://u:hunter22@chat failed", {
    cause: new Error("token=abc123"),
  });
  log
    .child({ url: "redis://:hunter22@x" })
    .error("sent zebra-zebra", { error, env: [{ name: "API_KEY", value: "hunter22" }] });
  const text = JSON.stringify(lines());
  assert.ok(!/hunter22|abc123|zebra/.test(text), text);
  const [line] = lines();
  assert.deepEqual(line!["error"], {
    code: "ChatDown",
    retriable: true,
    name: "MedicError",
    message: "post to https://u:[masked]@chat failed",
    cause: { name: "Error", message: "token=[masked]" },
  });
});
