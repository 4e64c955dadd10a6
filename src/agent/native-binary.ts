import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { MedicError } from "../lib/medic-error.ts";

/** What decides which of the SDK's packages holds the program; all of it has a default. */
interface Place {
  readonly platform?: string;
  readonly arch?: string;
  readonly musl?: boolean;
  /** The path of a file in a package; throws when the package is not installed. */
  readonly resolve?: (file: string) => string;
  readonly exists?: (path: string) => boolean;
}

/**
 * The path of the SDK's native program for this machine. To be asked for at start: the SDK itself looks only when the
 * first episode begins.
 */
export function nativeBinary(place: Place = {}): string {
  const platform = place.platform ?? process.platform;
  const arch = place.arch ?? process.arch;
  const resolve = place.resolve ?? createRequire(import.meta.url).resolve;
  const exists = place.exists ?? existsSync;
  for (const name of packagesFor(platform, arch, place.musl ?? isMusl())) {
    const path = resolved(resolve, `${name}/claude`);
    if (path !== undefined && exists(path)) return path;
  }
  throw new MedicError(
    "AgentBinaryMissing",
    `The agent's program for ${platform} ${arch} is not installed; reinstall without --omit=optional (npm ci), or unset the model's credentials to run the playbook alone.`,
    { retriable: false },
  );
}

/** The other C library's program may still run, so it is the second choice and not an error. */
function packagesFor(platform: string, arch: string, musl: boolean): string[] {
  const name = `@anthropic-ai/claude-agent-sdk-${platform}-${arch}`;
  if (platform !== "linux") return [name];
  return musl ? [`${name}-musl`, name] : [name, `${name}-musl`];
}

function resolved(resolve: (file: string) => string, file: string): string | undefined {
  try {
    return resolve(file);
  } catch {
    return undefined;
  }
}

/** Node names the version of glibc that it runs with; under musl there is none. */
function isMusl(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === "linux" && header?.glibcVersionRuntime === undefined;
}
