import { loadConfig, processSources } from "../config.ts";
import type { Config } from "../config.ts";

/** The configuration, or every problem on stderr, one line each, and exit code 2. */
export function settingsOrExit(flags: Readonly<Record<string, unknown>>): Config | undefined {
  const loaded = loadConfig(processSources(flags));
  if ("config" in loaded) return loaded.config;
  for (const problem of loaded.problems) console.error(`build-medic: ${problem}`);
  process.exitCode = 2;
  return undefined;
}
