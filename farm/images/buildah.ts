import { link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../cluster/cache.ts";
import { cacheDirectory } from "../cluster/cache.ts";
import { run } from "../cluster/command.ts";
import { duration, withTicker } from "../cluster/progress.ts";
import { stageContext } from "./build-context.ts";
import type { BaseName, ImageName } from "./recipes.ts";
import { bases, imageRecipes } from "./recipes.ts";
import { rootfs } from "./rootfs.ts";

export interface Wanted {
  readonly name: ImageName;
  readonly tag: string;
  /** Where the OCI layout goes. */
  readonly target: string;
}

/** The tag inside an OCI layout. */
export const layoutTag = "image";

/**
 * Builds images from the repository's Containerfiles without Docker, as root, in a storage of their own that is
 * removed afterwards; what stays are the OCI layouts. One at a time: the caller holds the lock.
 */
export async function buildWithBuildah(wanted: readonly Wanted[], log: Log): Promise<void> {
  const parent = cacheDirectory("images", "building");
  await removeTree(parent);
  await mkdir(parent, { recursive: true });
  const work = await mkdtemp(join(parent, "build-"));
  try {
    const buildah = await openBuildah(work);
    for (const base of new Set(wanted.map(({ name }) => imageRecipes[name].base))) {
      await buildBase(buildah, base, log);
    }
    for (const image of wanted) await buildImage(buildah, image, log);
  } finally {
    await removeTree(work);
  }
}

/** Removes what a build left, also a killed one, without ever following a mount out of it. */
async function removeTree(directory: string): Promise<void> {
  await run("rm", ["-rf", "--one-file-system", directory]);
}

interface Buildah {
  readonly work: string;
  readonly call: (...args: string[]) => Promise<string>;
}

async function openBuildah(work: string): Promise<Buildah> {
  const policy = join(work, "policy.json");
  await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  const registries = join(work, "registries.conf");
  await writeFile(registries, "unqualified-search-registries = []\n");
  const store = ["--root", join(work, "root"), "--runroot", join(work, "run"), "--storage-driver", "vfs"];
  const call = (command = "", ...args: string[]) =>
    run(
      "buildah",
      [...store, "--registries-conf", registries, command, "--signature-policy", policy, ...args],
      // Buildah's own scratch files would else go to /var/tmp.
      { env: { ...process.env, TMPDIR: work } },
    );
  return { work, call };
}

const baseImage = (name: BaseName) => `localhost/build-medic/base-${name}:local`;

async function buildBase({ work, call }: Buildah, name: BaseName, log: Log): Promise<void> {
  const base = bases()[name];
  const tar = await rootfs(base, log);
  const started = Date.now();
  const context = join(work, `base-${name}`);
  await mkdir(context);
  await link(tar, join(context, "rootfs.tar"));
  const lines = ["FROM scratch", "ADD rootfs.tar /"];
  for (const [path, from] of Object.entries(base.files)) {
    await mkdir(join(context, "files", dirname(path)), { recursive: true });
    await run("cp", [from, join(context, "files", path)]);
    lines.push(`COPY files/${path} /${path}`);
  }
  lines.push("ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "");
  await writeFile(join(context, "Containerfile"), lines.join("\n"));
  await withTicker(
    log,
    () => `images: unpacking the base ${name}`,
    () => call("build", ...buildFlags, "--tag", baseImage(name), context),
  );
  await rm(context, { recursive: true });
  log(`images: unpacked the base ${name} in ${duration(Date.now() - started)}`);
}

async function buildImage({ work, call }: Buildah, { name, tag, target }: Wanted, log: Log): Promise<void> {
  const started = Date.now();
  const recipe = imageRecipes[name];
  const context = join(work, `context-${name}`);
  await stageContext(recipe, context, log);
  const local = `localhost/build-medic/${name}:${tag}`;
  const making = join(work, `layout-${name}`);
  await withTicker(
    log,
    () => `images: building ${name}`,
    async () => {
      await call(
        "build",
        ...buildFlags,
        "--build-arg",
        `BASE=${baseImage(recipe.base)}`,
        "--tag",
        local,
        context,
      );
      await call("push", "--quiet", local, `oci:${making}:${layoutTag}`);
    },
  );
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { recursive: true, force: true });
  await run("mv", [making, target]);
  log(`images: built ${name} in ${duration(Date.now() - started)}`);
}

/** A fixed time makes the same sources the same layers, which a registry then keeps once. */
const buildFlags = ["--isolation", "chroot", "--pull-never", "--layers=false", "--timestamp", "0", "--quiet"];
