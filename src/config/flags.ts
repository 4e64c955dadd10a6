import type { Command } from "commander";
import { settingInfos } from "./settings.ts";

/** Adds `--config` and one flag for every key; values stay texts, `loadConfig` reads them. */
export function addConfigFlags(command: Command): Command {
  command.option(
    "--config <file>",
    "YAML file with any of these keys (MEDIC_CONFIG; default ./medic.yaml when it exists)",
  );
  for (const { flag, env, type, fallback, description, accepts } of settingInfos) {
    const value = type === "boolean" ? "[true|false]" : `<${type === "number" ? "n" : "text"}>`;
    const preset = fallback === undefined ? "" : `; default ${JSON.stringify(fallback)}`;
    command.option(`${flag} ${value}`, `${description} (${env}; ${accepts}${preset})`);
  }
  return command;
}
