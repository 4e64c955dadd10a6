import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/**
 * The files of a folder that an image is made of, as sorted relative paths: no tests, nothing installed.
 * With `only`, those files and what is below those folders.
 */
export async function sourceFiles(folder: string, only: readonly string[] = ["."]): Promise<string[]> {
  const found = await Promise.all(only.map((path) => filesBelow(folder, path)));
  return found
    .flat()
    .filter((path) => !path.split("/").includes("node_modules") && !path.endsWith(".test.ts"))
    .toSorted();
}

async function filesBelow(folder: string, path: string): Promise<string[]> {
  const start = join(folder, path);
  if (!(await stat(start)).isDirectory()) return [path];
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Twelve hex digits that change with any of the files, their names, or the salt. */
export async function contentHash(folder: string, salt: string, only?: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(`${salt}\0`);
  for (const path of await sourceFiles(folder, only)) {
    const content = await readFile(join(folder, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
