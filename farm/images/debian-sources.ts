import { existsSync } from "node:fs";
import { tryRun } from "../cluster/command.ts";
import { debianRelease } from "./recipes.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * The lines of apt's sources.list for the base system: this machine's own sources of that Debian release.
 * Throws one sentence when apt has none.
 */
export async function debianSources(): Promise<string> {
  const format = "$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(REPO_URI)|$(COMPONENT)";
  const targets = await tryRun("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const own = new Set(
    (targets ?? "")
      .split("\n")
      .map((line) => line.split("|"))
      .filter(([origin, codename]) => origin === "Debian" && codename?.startsWith(debianRelease) === true)
      .map(([, , release, uri, component]) => sourceLine(uri ?? "", release ?? "", component ?? "main")),
  );
  if (own.size === 0) {
    throw new Error(
      `apt knows no source of Debian ${debianRelease} here, which the images are made from: add one to its sources (or install Docker, which needs none) and try again.`,
    );
  }
  return `${[...own].join("\n")}\n`;
}

function sourceLine(uri: string, release: string, component: string): string {
  const options = existsSync(keyring) ? `[signed-by=${keyring}] ` : "";
  return `deb ${options}${uri} ${release} ${component}`;
}
