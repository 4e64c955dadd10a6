import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const pages = globSync(["*.md", "{docs,charts,deploy,.github,web}/**/*.md"], { cwd: root }).sort();
/** Larger pictures make a repository slow to clone. */
const MOST_BYTES = 300_000;

/** Relative targets of a page's links and pictures, as paths from the root. */
function targetsOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```$/gm, "");
  const named = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
    (one) => one[1] ?? one[2],
  );
  return named
    .filter((target) => target !== undefined && !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => relative(root, join(root, dirname(page), target?.replace(/#.*$/, "") ?? "")));
}

test("every page links only to what is there", () => {
  assert.ok(pages.length > 20 && pages.includes("README.md"), `${pages.length} pages`);
  const missing = pages.flatMap((page) =>
    targetsOf(page)
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(missing, []);
});

test("every picture is on a page, comes from a script, and is small", () => {
  const used = new Set(pages.flatMap(targetsOf));
  const scripts = readdirSync(join(root, "scripts"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "scripts", name), "utf8"))
    .join("\n");
  const pictures = readdirSync(join(root, "docs/screenshots")).map((name) => `docs/screenshots/${name}`);
  const wrong = pictures.flatMap((path) => [
    ...(used.has(path) ? [] : [`${path} is on no page`]),
    ...(statSync(join(root, path)).size > MOST_BYTES ? [`${path} is larger than ${MOST_BYTES} bytes`] : []),
    ...(isNamed(path, scripts) ? [] : [`${path} is drawn by no script`]),
  ]);
  assert.deepEqual(wrong, []);
});

/** A script names a picture whole, or by what follows the page's name. */
function isNamed(path: string, scripts: string): boolean {
  const name = path.replace(/^.*\//, "").replace(/\.png$/, "");
  return [name, name.replace(/^[a-z]+-/, "")].some((word) => scripts.includes(`"${word}"`));
}
