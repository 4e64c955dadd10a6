import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../cluster/command.ts";

/**
 * Copies what a checkout of this working tree would have: every file that git knows or would add, with its changes. act
 * would walk through everything else, too, once for each job.
 */
export async function copyWorkTree(root: string, target: string): Promise<void> {
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  const files = listed.split("\0").filter((file) => file !== "");
  for (const folder of new Set(files.map((file) => dirname(join(target, file))))) {
    await mkdir(folder, { recursive: true });
  }
  for (const file of files) {
    // One that was deleted and not committed yet is not there.
    await cp(join(root, file), join(target, file), { recursive: true, verbatimSymlinks: true }).catch(
      ignoreMissing,
    );
  }
  // act wants to know which commit it is.
  await run("git", ["init", "--quiet", "--initial-branch=main", target]);
  const author = ["-c", "user.name=local", "-c", "user.email=local@localhost"];
  await run("git", [...author, "commit", "--quiet", "--allow-empty", "--message=work tree"], { cwd: target });
}

function ignoreMissing(error: Error & { readonly code?: string }): void {
  if (error.code !== "ENOENT") throw error;
}
