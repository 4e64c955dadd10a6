import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { OUT, readJson, writeJson } from "../build/out-folder.ts";
import { buildId } from "./build-facts.ts";
import type { BuildFacts } from "./build-facts.ts";

/** Builds as they are kept over a restart of the console: what GitHub and the cluster do not tell afterwards. */
export interface BuildStore {
  load(): Promise<BuildFacts[]>;
  save(facts: BuildFacts): Promise<void>;
  drop(id: string): Promise<void>;
}

/** Of what is read back only as much is checked as would break the page. */
const schema = z.looseObject({
  run: z.looseObject({
    id: z.number(),
    attempt: z.number(),
    title: z.string(),
    status: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    url: z.string(),
  }),
  cancelling: z.boolean(),
  jobs: z.array(z.looseObject({ id: z.number(), name: z.string(), steps: z.array(z.looseObject({})) })),
  annotations: z.record(z.string(), z.array(z.looseObject({ level: z.string(), message: z.string() }))),
  spans: z.record(
    z.string().regex(/^\d+$/),
    z.array(z.looseObject({ state: z.string(), from: z.number(), waits: z.array(z.unknown()) })),
  ),
  incidents: z.array(
    z.looseObject({
      name: z.string(),
      spec: z.looseObject({ client: z.string() }),
      status: z.looseObject({ attempts: z.array(z.unknown()), times: z.looseObject({}) }),
    }),
  ),
  turns: z.record(z.string(), z.array(z.looseObject({ at: z.number(), tools: z.array(z.string()) }))),
});

/** One folder for each repository: run ids of another one mean something else. */
export function openBuildStore(repository: string, root = join(OUT, "console")): BuildStore {
  const folder = join(root, repository.replace(/[^\w-]+/g, "_"));
  return {
    async load() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
      const read = await Promise.all(names.map((name) => readJson<BuildFacts>(join(folder, name))));
      return read.filter((facts) => schema.safeParse(facts).success).filter((facts) => facts !== undefined);
    },
    save: (facts) => writeJson(join(folder, `${buildId(facts.run)}.json`), facts),
    drop: (id) => rm(join(folder, `${id}.json`), { force: true }),
  };
}
