import { existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../cluster/cache.ts";
import { cacheDirectory, withLock } from "../cluster/cache.ts";
import { ensurePackages } from "../cluster/packages.ts";
import { duration, withTicker } from "../cluster/progress.ts";
import type { Wanted } from "./buildah.ts";
import { buildWithBuildah } from "./buildah.ts";
import { contentHash } from "./content-hash.ts";
import { buildWithDocker, dockerAnswers } from "./docker-build.ts";
import type { BuildImageName, ImageName } from "./recipes.ts";
import { bases, buildImageNames, imageRecipes } from "./recipes.ts";
import { pushLayout, registryHas } from "./registry.ts";

export interface EnsureImagesOptions {
  /** host:port of a registry that is reached over plain HTTP. */
  readonly registry: string;
  readonly log: Log;
  /** Left out: Docker where its engine answers, else buildah (Linux, root). */
  readonly builder?: "docker" | "buildah";
}

/** Full references, tag included. */
export type Images = Readonly<Record<BuildImageName, string>>;

/**
 * Sees to it that the farm's three images are in the registry under a tag that is their content, and gives their
 * references. Builds what is nowhere, refills a fresh registry from the cache, does nothing when all are there.
 * Throws one sentence when the registry does not answer or something is missing to build with.
 */
export async function ensureImages(options: EnsureImagesOptions): Promise<Images> {
  const references = await ensure(buildImageNames, options);
  return Object.fromEntries(buildImageNames.map((name, index) => [name, references[index]])) as Images;
}

/** The same for the image of the medic itself, which no build needs; gives its reference. */
export async function ensureMedicImage(options: EnsureImagesOptions): Promise<string> {
  const [reference = ""] = await ensure(["medic"], options);
  return reference;
}

async function ensure(names: readonly ImageName[], options: EnsureImagesOptions): Promise<string[]> {
  const { registry, log } = options;
  const wanted = await Promise.all(names.map((name) => describe(name, registry)));
  if ((await absent(wanted, registry)).length > 0) {
    await withLock("images", log, async () => {
      const missing = await absent(wanted, registry);
      const builder = options.builder ?? ((await dockerAnswers()) ? "docker" : "buildah");
      if (builder === "docker")
        for (const image of missing) await buildWithDocker(image.name, image.reference, log);
      else await buildAndPush(missing, log);
    });
  }
  return wanted.map(({ reference }) => reference);
}

interface WantedImage extends Wanted {
  readonly repository: string;
  readonly reference: string;
}

async function describe(name: ImageName, registry: string): Promise<WantedImage> {
  const { base, folder, only } = imageRecipes[name];
  const tag = await contentHash(folder, bases()[base].key, only);
  const repository = `build-medic/${name}`;
  const target = join(layouts(), `${name}-${tag}`);
  return { name, tag, target, repository, reference: `${registry}/${repository}:${tag}` };
}

async function absent(wanted: readonly WantedImage[], registry: string): Promise<WantedImage[]> {
  const present = await Promise.all(
    wanted.map(({ repository, tag }) => registryHas(registry, repository, tag)),
  );
  return wanted.filter((_, index) => present[index] === false);
}

async function buildAndPush(missing: readonly WantedImage[], log: Log): Promise<void> {
  const unbuilt = missing.filter(({ target }) => !existsSync(target));
  if (unbuilt.length > 0 && process.getuid?.() !== 0) {
    throw new Error(
      "building the farm's images without Docker needs root; run this as root or start Docker.",
    );
  }
  const packages = unbuilt.length > 0 ? ["skopeo", "buildah", "mmdebstrap"] : ["skopeo"];
  await ensurePackages(packages, { log });
  if (unbuilt.length > 0) {
    const names = unbuilt.map(({ name }) => name).join(", ");
    log(`images: building ${names} (the first time on a machine takes one to three minutes)`);
    await buildWithBuildah(unbuilt, log);
  }
  for (const { name, target, reference } of missing) {
    const started = Date.now();
    await withTicker(
      log,
      () => `images: pushing ${name}`,
      () => pushLayout(target, reference),
    );
    log(`images: pushed ${reference} in ${duration(Date.now() - started)}`);
  }
  await forgetOld();
}

function layouts(): string {
  return cacheDirectory("images", "oci");
}

/** Keeps the three newest builds of each image. */
async function forgetOld(): Promise<void> {
  const directory = layouts();
  const entries = await Promise.all(
    (await readdir(directory)).map(async (entry) => ({
      path: join(directory, entry),
      name: entry.split("-")[0],
      madeAt: (await stat(join(directory, entry))).mtimeMs,
    })),
  );
  for (const name of Object.keys(imageRecipes)) {
    const builds = entries.filter((entry) => entry.name === name).toSorted((a, b) => b.madeAt - a.madeAt);
    for (const { path } of builds.slice(3)) await rm(path, { recursive: true, force: true });
  }
}
