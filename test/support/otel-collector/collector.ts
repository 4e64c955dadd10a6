import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, makeOnce } from "../../../farm/cluster/cache.ts";
import { freePorts } from "../../../farm/cluster/free-ports.ts";
import { buildGoModule, moduleDigest } from "../../../farm/cluster/go-module.ts";
import { eventually } from "../test-stack.ts";

const module = fileURLToPath(new URL(".", import.meta.url));
const log = (line: string): void => console.error(line);

export interface Collector {
  /** Where traces are taken by OTLP over HTTP. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A real OpenTelemetry collector on loopback, built once from its Go modules: what it accepts it sends on to `to` as JSON. */
export async function startCollector({ to }: { readonly to: string }): Promise<Collector> {
  const binary = await ensureCollector();
  const [port = 0] = await freePorts("127.0.0.1", [0]);
  const folder = await mkdtemp(join(tmpdir(), "otel-collector-"));
  const config = join(folder, "config.yaml");
  await writeFile(config, configFor(port, to));
  const child = spawn(binary, ["--config", `file:${config}`], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  await eventually("the collector listens", async () => {
    if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}: ${said}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ensureCollector(): Promise<string> {
  const directory = cacheDirectory("otel-collector", await moduleDigest(module));
  const title = "the OpenTelemetry collector";
  await makeOnce(
    directory,
    (output) => buildGoModule({ module, packages: ["."], output, ldflags: "-s -w", title, log }),
    log,
  );
  return join(directory, "otel-collector");
}

function configFor(port: number, to: string): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { otlphttp: { endpoint: to, encoding: "json", compression: "none" } },
    service: {
      pipelines: { traces: { receivers: ["otlp"], exporters: ["otlphttp"] } },
    },
  });
}
