import { existsSync } from "node:fs";
import { tryRun } from "../cluster/command.ts";
import { debianRelease } from "./recipes.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The lines of apt's sources.list for the base system: this machine's own where it is that Debian, else Debian's. */
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
  const lines = own.size > 0 ? [...own] : [sourceLine("http://deb.debian.org/debian", debianRelease, "main")];
  return `${lines.join("\n")}\n`;
}

function sourceLine(uri: string, release: string, component: string): string {
  const options = existsSync(keyring) ? `[signed-by=${keyring}] ` : "";
  return `deb ${options}${uri} ${release} ${component}`;
}
