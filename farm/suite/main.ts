import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Summary } from "./run-shard.ts";
import { runShard } from "./run-shard.ts";
import { parseShard } from "./shard.ts";
import { lookAt, waitUntilReady } from "./wait.ts";

const help = `The tests of the farm's sample service, run against a deployed stack.

  node main.ts wait --url URL [--timeout 90] [--stable 3]   ask URL/readyz once a second; JSON lines
  node main.ts run --url URL [--shard 1/4] [--json]         run that shard's tests

  --url      where the service is, such as http://server-0.build-1.svc.cluster.local:8080
  --timeout  seconds until wait gives up
  --stable   how many 200s in a row are ready
  --shard    which slice of how many
  --json     print one line of JSON instead of a line for each test

Exit: 0 ready or all passed, 1 not, 2 wrong use.
`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      timeout: { type: "string", default: "90" },
      stable: { type: "string", default: "3" },
      shard: { type: "string", default: "1/1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, ...extra] = positionals;
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (extra.length > 0 || (command !== "wait" && command !== "run")) {
    throw new Error("say what to do: wait or run; --help explains");
  }
  const url = baseUrl(values.url);
  return command === "wait" ? wait(url, values) : run(url, values);
}

async function wait(url: URL, { timeout, stable }: { timeout: string; stable: string }): Promise<number> {
  const readyz = new URL("readyz", url);
  const result = await waitUntilReady({
    timeoutSeconds: positive("timeout", timeout),
    stable: positive("stable", stable),
    look: (limitMs) => lookAt(readyz, limitMs),
    print: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
    now: () => performance.now(),
    sleep,
  });
  return result.event === "ready" ? 0 : 1;
}

async function run(url: URL, { shard, json }: { shard: string; json: boolean }): Promise<number> {
  process.env["SUITE_URL"] = url.href;
  const summary = await runShard({
    folder: join(import.meta.dirname, "slices"),
    shard: parseShard(shard),
    onTest: ({ name, passed, ms }) => {
      if (!json) process.stdout.write(`${passed ? "pass" : "FAIL"}  ${name} (${ms} ms)\n`);
    },
  });
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : readable(summary));
  return summary.failed === 0 ? 0 : 1;
}

function readable({ shard, passed, failed, seconds, failures }: Summary): string {
  const reasons = failures.map(({ name, message }) => `\n${name}\n  ${message.replaceAll("\n", "\n  ")}\n`);
  return `${reasons.join("")}\nshard ${shard}: ${passed} passed, ${failed} failed in ${seconds} s\n`;
}

function baseUrl(text: string | undefined): URL {
  if (text === undefined || !URL.canParse(text) || !/^https?:/.test(text)) {
    throw new Error("--url is needed, such as http://server-0.build-1.svc.cluster.local:8080");
  }
  return new URL(text.endsWith("/") ? text : `${text}/`);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0) || !Number.isFinite(number)) throw new Error(`--${name} ${text} is no positive number`);
  return number;
}
