/**
 * `node scripts/medic-image.ts [registry]`: builds the pages, then the medic's image from the repository's Containerfile (Docker where
 * its engine answers, else buildah) and pushes it to a registry reached over plain HTTP, by default the local farm's.
 * Prints the reference on stdout.
 */
import { fileURLToPath } from "node:url";
import { run } from "../farm/cluster/command.ts";
import { readFarm } from "../farm/cluster/state.ts";
import { ensureMedicImage } from "../farm/images/ensure-images.ts";

const log = (line: string): void => console.error(line);
try {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await run("npm", ["run", "--silent", "build:web"], { cwd: root });
  const registry = process.argv[2] ?? (await farmRegistry());
  console.log(await ensureMedicImage({ registry, log }));
} catch (error) {
  console.error(`medic-image: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function farmRegistry(): Promise<string> {
  const registry = (await readFarm())?.registry;
  if (registry === undefined) throw new Error("no local farm is up; name a registry as host:port.");
  return registry;
}
