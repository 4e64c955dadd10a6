import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../cluster/cache.ts";
import { run } from "../cluster/command.ts";
import { duration } from "../cluster/progress.ts";
import { sourceFiles } from "./content-hash.ts";
import type { ImageRecipe } from "./recipes.ts";

/**
 * Fills a directory with what the Containerfile copies: the sources and, where npm belongs to it, the installed packages.
 * They are installed here and not in the image, so that the registry settings of this machine stay here.
 */
export async function stageContext(recipe: ImageRecipe, directory: string, log: Log): Promise<void> {
  for (const path of await sourceFiles(recipe.folder, recipe.only)) {
    await cp(join(recipe.folder, path), join(directory, path));
  }
  if (!recipe.npm) return;
  const started = Date.now();
  await run("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: directory });
  // npm notes here where each package came from.
  await rm(join(directory, "node_modules", ".package-lock.json"), { force: true });
  log(`images: installed packages in ${duration(Date.now() - started)}`);
}
