// `build-medic run` that dies with SIGKILL at one call of one port: CRASH_AT="incidents.update:after:2" is right after the
// second incidents.update. Without CRASH_AT it only prints every call it passes.
import type { Ports } from "../../src/app.ts";
import { runApp } from "../../src/app.ts";
import { loadConfig, processSources } from "../../src/config.ts";
import { loadCluster } from "../../src/kube/kubeconfig.ts";

const seams: Readonly<Record<string, readonly string[]>> = {
  cluster: ["gather", "execute"],
  incidents: ["create", "update"],
  audit: ["append"],
  decisions: ["record"],
  chat: ["send"],
};
const counts = new Map<string, number>();

function passed(seam: string, moment: "before" | "after", count: number): void {
  const name = `${seam}:${moment}:${count}`;
  process.stdout.write(`${JSON.stringify({ seam: name })}\n`);
  if (name === process.env["CRASH_AT"]) process.kill(process.pid, "SIGKILL");
}

function around(ports: Ports): Ports {
  const wrapped = Object.entries(ports).map(([port, object]) => [
    port,
    wrap(port, object as Record<string, unknown>),
  ]);
  return Object.fromEntries(wrapped);
}

function wrap(port: string, object: Record<string, unknown>): unknown {
  return new Proxy(object, {
    get(target, key) {
      const member = target[String(key)];
      if (typeof member !== "function") return member;
      if (!seams[port]?.includes(String(key))) return member.bind(target) as unknown;
      return async (...given: unknown[]) => {
        const seam = `${port}.${String(key)}`;
        const count = (counts.get(seam) ?? 0) + 1;
        counts.set(seam, count);
        passed(seam, "before", count);
        const answer = (await member.apply(target, given)) as unknown;
        passed(seam, "after", count);
        return answer;
      };
    },
  });
}

const loaded = loadConfig(processSources({}));
if (!("config" in loaded)) throw new Error(loaded.problems.join("; "));
const { env: environment } = processSources({});
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const access = await loadCluster({ environment });
await runApp({ config: loaded.config, access, environment, version: "0.0.0-crash", around }, stop.signal);
