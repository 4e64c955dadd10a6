import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, type Log, makeOnce } from "../../farm/cluster/cache.ts";

const run = promisify(execFile);

/**
 * The folder with a package from PyPI and all that it needs, for PYTHONPATH; made once for this user. Needs python3 with
 * venv, and PyPI the first time.
 */
export async function pythonPackages(requirement: string, tell: Log): Promise<string> {
  const { stdout } = await run("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  const target = cacheDirectory(`python${stdout.trim()}`, requirement.replace("==", "-"));
  await makeOnce(
    target,
    async (directory) => {
      tell(`installing ${requirement} from PyPI, once`);
      const begin = Date.now();
      const packages = join(directory, "packages");
      const venv = join(directory, "venv");
      await mkdir(packages);
      await run("python3", ["-m", "venv", venv]);
      // Into a directory of its own: a virtual environment does not survive being moved to its final name.
      await run(join(venv, "bin", "pip"), ["install", "--quiet", "--target", packages, requirement], {
        timeout: 900_000,
      });
      await rm(venv, { recursive: true });
      tell(`installed in ${Math.round((Date.now() - begin) / 1000)} s`);
    },
    tell,
  );
  return join(target, "packages");
}
