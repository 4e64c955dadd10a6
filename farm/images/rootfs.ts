import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../cluster/cache.ts";
import { cacheDirectory, makeOnce } from "../cluster/cache.ts";
import { run } from "../cluster/command.ts";
import { duration, withTicker } from "../cluster/progress.ts";
import { debianSources } from "./debian-sources.ts";
import type { Base } from "./recipes.ts";
import { debianRelease } from "./recipes.ts";

const unwanted = [
  "/usr/share/man/*",
  "/usr/share/doc/*",
  "/usr/share/locale/*",
  "/usr/share/i18n/*",
  "/usr/share/info/*",
  "/usr/lib/*/libLLVM*",
  "/usr/lib/postgresql/*/lib/bitcode/*",
];

/** Path of the base's root file system as a tar, made once and kept. Needs root, mmdebstrap and a Debian mirror. */
export async function rootfs(base: Base, log: Log): Promise<string> {
  const directory = cacheDirectory("images", "rootfs", base.key);
  await makeOnce(directory, (target) => debootstrap(base, target, log), log);
  return join(directory, "rootfs.tar");
}

async function debootstrap(base: Base, target: string, log: Log): Promise<void> {
  const started = Date.now();
  const sources = join(target, "sources.list");
  await writeFile(sources, await debianSources());
  const root = join(target, "root");
  await withTicker(
    log,
    () => `images: making the base system ${base.key} (once)`,
    async () => {
      await run("mmdebstrap", [
        "--mode=root",
        "--variant=essential",
        "--format=directory",
        "--quiet",
        `--include=${base.packages.join(",")}`,
        ...unwanted.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
        debianRelease,
        root,
        sources,
      ]);
      await run("sh", [join(import.meta.dirname, "trim-rootfs.sh"), root]);
      await run("tar", [
        "--numeric-owner",
        "--sort=name",
        "--exclude=./dev/*",
        "-C",
        root,
        "-cf",
        join(target, "rootfs.tar"),
        ".",
      ]);
    },
  );
  await rm(root, { recursive: true });
  await rm(sources);
  log(`images: made the base system ${base.key} in ${duration(Date.now() - started)}`);
}
