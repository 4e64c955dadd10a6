import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../farm/cluster/free-ports.ts";
import { eventually } from "./test-stack.ts";

/** One series: times in seconds, values as numbers. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: number, value: number])[];
}

export interface Prometheus {
  readonly url: string;
  /** A range query; rejects with Prometheus's own words when it cannot read the expression. */
  range(expr: string, span: { from: number; to: number; step: number }): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

/** Debian's Prometheus on loopback, which reads one target each second. */
export async function startPrometheus({ target }: { readonly target: string }): Promise<Prometheus> {
  const [port = 0] = await freePorts("127.0.0.1", [0]);
  const folder = await mkdtemp(join(tmpdir(), "prometheus-"));
  const config = join(folder, "prometheus.yml");
  const job = { job_name: "build-medic", static_configs: [{ targets: [target] }] };
  await writeFile(
    config,
    JSON.stringify({ global: { scrape_interval: "1s", scrape_timeout: "1s" }, scrape_configs: [job] }),
  );
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  await eventually("Prometheus is ready", () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    async range(expr, { from, to, step }) {
      const query = new URLSearchParams({
        query: expr,
        start: String(from),
        end: String(to),
        step: String(step),
      });
      const answer = (await (await fetch(`${url}/api/v1/query_range?${query.toString()}`)).json()) as Answer;
      if (answer.status !== "success") throw new Error(`${expr}: ${answer.error}`);
      return answer.data.result.map(({ metric, values }) => ({
        metric,
        values: values.map(([at, value]) => [at, Number(value)] as const),
      }));
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}
