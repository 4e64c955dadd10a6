import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, makeOnce } from "../cluster/cache.ts";
import type { Log } from "../cluster/cache.ts";
import { buildGoModule, moduleDigest, pinnedVersion } from "../cluster/go-module.ts";

const MODULE = fileURLToPath(new URL("../tools", import.meta.url));

/** `act`, which executes GitHub workflows on this machine; built once from its pinned Go module. Throws one sentence. */
export function ensureAct(log: Log): Promise<string> {
  return ensureTool({ dependency: "github.com/nektos/act", main: "github.com/nektos/act", log });
}

/** `actionlint`, which checks workflows; built once like `act`. */
export function ensureActionlint(log: Log): Promise<string> {
  const dependency = "github.com/rhysd/actionlint";
  return ensureTool({ dependency, main: `${dependency}/cmd/actionlint`, log });
}

interface Tool {
  readonly dependency: string;
  /** Its main package. */
  readonly main: string;
  readonly log: Log;
}

async function ensureTool({ dependency, main, log }: Tool): Promise<string> {
  const name = main.slice(main.lastIndexOf("/") + 1);
  const version = await pinnedVersion(MODULE, dependency);
  const directory = cacheDirectory(name, `${version}-${await moduleDigest(MODULE)}`);
  const title = `${name} ${version}`;
  await makeOnce(
    directory,
    (output) =>
      buildGoModule({
        module: MODULE,
        packages: [main],
        output,
        ldflags: "-s -w",
        title,
        purpose: name,
        log,
      }),
    log,
  );
  return join(directory, name);
}
