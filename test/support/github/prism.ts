import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The validating proxy: it lets pass what GitHub's published description allows, both ways. */
export interface Prism {
  readonly url: string;
  /** Everything it complained about so far: `Violation: request.body …`. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const prism = fileURLToPath(import.meta.resolve("@stoplight/prism-cli/dist/index.js"));

/** Starts it before a server. Fields that the description does not have are violations too. */
export async function startPrism(upstream: string): Promise<Prism> {
  const folder = mkdtempSync(join(tmpdir(), "build-medic-prism-"));
  const description = join(folder, "openapi.json");
  const whole = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8")) as Json;
  writeFileSync(description, JSON.stringify(closed(whole)));
  const violations: string[] = [];
  const child = spawn(
    process.execPath,
    [prism, "proxy", description, upstream, "--errors", "--host", "127.0.0.1", "--port", "0"],
    // Nothing else of the environment: no proxy settings, no colours.
    { env: { PATH: process.env["PATH"], NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.once("exit", (code) => reject(new Error(`Prism ended with ${code}: ${output}`)));
    createInterface({ input: child.stderr }).on("line", (line) => (output += `${line}\n`));
    createInterface({ input: child.stdout }).on("line", (line) => {
      output += `${line}\n`;
      const found = /Prism is listening on (http:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
      const violation = /(?:Violation|Request terminated with error): .*/.exec(line)?.[0];
      if (violation !== undefined) violations.push(violation);
    });
  });
  return {
    url,
    violations,
    close: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The description with every object closed, so that a made-up field is seen. */
function closed(value: Json): Json {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  const isObject = copy["type"] === "object" && copy["properties"] !== undefined;
  return isObject && copy["additionalProperties"] === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}
