import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Log } from "./cache.ts";
import { run } from "./command.ts";
import { duration, withTicker } from "./progress.ts";

export type GoBuild = {
  /** The module's directory. */
  readonly module: string;
  readonly packages: readonly string[];
  /** Where the binaries go. */
  readonly output: string;
  readonly ldflags: string;
  /** What is being built, for the progress lines. */
  readonly title: string;
  /** What Go is needed for, when it is missing; the local cluster when absent. */
  readonly purpose?: string;
  readonly log: Log;
};

/** Builds main packages of a pinned Go module, static and without paths of this machine. Throws one sentence. */
export async function buildGoModule(build: GoBuild): Promise<void> {
  await requireGo(build);
  const started = Date.now();
  build.log(`${build.title}: step 1 of 2, fetching the Go modules`);
  const total = await withTicker(
    build.log,
    () => `${build.title}: step 1 of 2, fetching the Go modules`,
    () => countPackages(build),
  );
  build.log(`${build.title}: step 2 of 2, compiling ${total} packages, once (minutes on a small machine)`);
  await compile(build, total);
  build.log(`${build.title}: built in ${duration(Date.now() - started)}`);
}

/** A short digest of what a build depends on: the module's pins and sources, and the machine's architecture. */
export async function moduleDigest(module: string): Promise<string> {
  const hash = createHash("sha256").update(process.arch);
  const entries = await readdir(module, { recursive: true });
  for (const entry of entries.filter((name) => /\.(go|mod|sum)$/.test(name)).sort()) {
    hash.update(`${entry}\0`).update(await readFile(join(module, entry)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** The version that a module's go.mod pins a dependency at. */
export async function pinnedVersion(module: string, dependency: string): Promise<string> {
  const text = await readFile(join(module, "go.mod"), "utf8");
  const version = new RegExp(`^(?:require)?\\s*${dependency.replaceAll(".", "\\.")} (v\\S+)`, "m").exec(
    text,
  )?.[1];
  if (version === undefined) throw new Error(`${module}/go.mod does not pin ${dependency}.`);
  return version;
}

async function requireGo({ module, purpose = "the local cluster" }: GoBuild): Promise<void> {
  try {
    await run("go", ["env", "GOVERSION"], { cwd: module });
    await run("go", ["list", "-m"], { cwd: module });
  } catch (cause) {
    throw new Error(
      `Go 1.26 or newer is needed to build ${purpose} once: install it from https://go.dev/dl and put it on the PATH (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    );
  }
}

async function countPackages(build: GoBuild): Promise<number> {
  const list = await run("go", ["list", "-mod=readonly", "-deps", ...build.packages], {
    cwd: build.module,
    env: goEnvironment(),
  });
  return list.trim().split("\n").length;
}

async function compile(build: GoBuild, total: number): Promise<void> {
  const args = ["build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", build.ldflags];
  const child = spawn("go", [...args, "-o", `${build.output}/`, ...build.packages], {
    cwd: build.module,
    env: goEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let compiled = 0;
  let said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    compiled += 1;
    said = [...said.slice(-4), line];
  });
  const describe = () => `${build.title}: step 2 of 2, ${compiled} of at most ${total} packages compiled`;
  const code = await withTicker(build.log, describe, () => exitCode(child));
  if (code !== 0) throw new Error(`building ${build.title} failed: ${said.join(" / ")}`);
}

function exitCode(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: "0", GOWORK: "off" };
}
