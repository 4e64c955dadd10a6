import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../cluster/cache.ts";
import { run, tryRun } from "../cluster/command.ts";
import { duration, withTicker } from "../cluster/progress.ts";
import { stageContext } from "./build-context.ts";
import type { ImageName } from "./recipes.ts";
import { imageRecipes } from "./recipes.ts";

/** Whether a Docker engine answers; the command alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  return (await tryRun("docker", ["info", "--format", "{{.ServerVersion}}"])) !== undefined;
}

/** Builds an image with Docker from the Containerfile's own public base and pushes it. Not exercised in CI, which has no Docker. */
export async function buildWithDocker(name: ImageName, reference: string, log: Log): Promise<void> {
  const started = Date.now();
  const context = await mkdtemp(join(tmpdir(), `build-medic-${name}-`));
  try {
    await stageContext(imageRecipes[name], context, log);
    await withTicker(
      log,
      () => `images: building ${name} with Docker`,
      async () => {
        await run("docker", ["build", "--tag", reference, "--file", join(context, "Containerfile"), context]);
        await run("docker", ["push", reference]);
      },
    );
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  log(`images: built and pushed ${name} in ${duration(Date.now() - started)}`);
}
