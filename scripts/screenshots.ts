/**
 * `npm run screenshots -- http://127.0.0.1:8080`: pictures of a running medic's dashboard, with whatever it has to show, into
 * docs/screenshots. Named incidents are told as stories; else the newest escalated one that a model looked at, and the newest
 * that was repaired.
 */
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";

const folder = fileURLToPath(new URL("../docs/screenshots", import.meta.url));
/** Larger pictures make a repository slow to clone. */
const MOST_BYTES = 300_000;

const [url = "http://127.0.0.1:8080", ...named] = process.argv.slice(2);
const [escalated, repaired] = named.length > 0 ? named : await newest();
await mkdir(folder, { recursive: true });
const browser = await startBrowser();
try {
  await take("light", { height: 900 }, "");
  await take("dark", { height: 900, dark: true }, "");
  await take("narrow", { width: 390, height: 844, dark: true }, "");
  if (escalated !== undefined) await take("story", { height: 1150 }, `incidents/${escalated}`);
  if (repaired !== undefined)
    await take("story-narrow", { width: 390, height: 1200 }, `incidents/${repaired}`);
} finally {
  await browser.close();
}

async function newest(): Promise<(string | undefined)[]> {
  const answer = await fetch(`${url}/api/v1/incidents`);
  const { incidents } = (await answer.json()) as {
    incidents: { name: string; status: { phase: string; episode?: { turns: number } } }[];
  };
  const told = incidents.find(
    ({ status }) => status.phase === "Escalated" && (status.episode?.turns ?? 0) > 0,
  );
  return [told?.name, incidents.find(({ status }) => status.phase === "Resolved")?.name];
}

async function take(
  name: string,
  { width = 1280, height, dark = false }: { width?: number; height: number; dark?: boolean },
  place: string,
): Promise<void> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  await page.goto(`${url}/#/${place}`);
  await settled(page, place);
  const path = `${folder}/dashboard-${name}.png`;
  await page.screenshot({ path });
  const { size } = await stat(path);
  console.log(`${path}: ${Math.round(size / 1000)} kB`);
  if (size > MOST_BYTES)
    throw new Error(`${path} is larger than ${MOST_BYTES / 1000} kB: make its window smaller.`);
  await page.close();
}

/** Everything that is asked for is there. */
async function settled(page: Page, place: string): Promise<void> {
  await page
    .locator(place === "" ? ".figures" : ".timeline .moment")
    .first()
    .waitFor();
  await page
    .locator(place === "" ? "tbody tr, .empty" : ".incident-audit")
    .first()
    .waitFor();
}
