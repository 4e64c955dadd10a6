/**
 * Draws docs/screenshots/console-*.png from the console that runs on this machine, with whatever builds it has shown: run
 * `make demo` first. `console-live` (only when it is named) waits until a build is under way whose medic is at work.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import { readRunningConsole } from "../farm/console/running-console.ts";
import { startBrowser } from "../test/support/browser.ts";

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** `pair`: the builds without the medic and with it; `live`: the build under way; `page`: everything. */
  readonly what: "pair" | "live" | "page";
}

const WIDE = { width: 1200, height: 860 };
const LIVE_LIMIT_MS = 600_000;

const PICTURES: readonly Picture[] = [
  { name: "console-light", options: { viewport: WIDE, colorScheme: "light" }, what: "pair" },
  { name: "console-dark", options: { viewport: WIDE, colorScheme: "dark" }, what: "pair" },
  {
    name: "console-page",
    options: { viewport: { width: 1200, height: 1150 }, colorScheme: "light" },
    what: "page",
  },
  {
    name: "console-narrow",
    options: { viewport: { width: 390, height: 1300 }, colorScheme: "light" },
    what: "page",
  },
  { name: "console-live", options: { viewport: WIDE, colorScheme: "light" }, what: "live" },
];

async function picture(page: Page, { what }: Picture, path: string): Promise<void> {
  if (what === "page") await page.screenshot({ path });
  if (what === "pair") {
    const pair = page.locator("section", { has: page.getByRole("heading", { name: /^Without the medic/ }) });
    const box = await pair.boundingBox();
    if (box === null) throw new Error("there is no pair of builds yet");
    const clip = { x: box.x - 16, y: box.y - 16, width: box.width + 32, height: box.height + 32 };
    await page.screenshot({ path, fullPage: true, clip });
  }
  if (what === "live") {
    const atWork = page.locator(".medic-words", { hasText: "the playbook did" });
    await atWork.filter({ hasNotText: "repaired" }).first().waitFor({ timeout: LIVE_LIMIT_MS });
    await page.locator("article").first().screenshot({ path });
  }
}

const running = await readRunningConsole();
if (running === undefined) throw new Error("no console runs here: make demo leaves one running");
const folder = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));
await mkdir(folder, { recursive: true });
const wanted = process.argv.slice(2);
const browser = await startBrowser();
try {
  for (const one of PICTURES) {
    const { name, options, what } = one;
    if (wanted.length === 0 ? what === "live" : !wanted.includes(name)) continue;
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(running.url);
    await page.getByRole("heading", { name: "History" }).waitFor();
    const path = `${folder}${name}.png`;
    await picture(page, one, path);
    console.log(path);
    await page.close();
  }
} finally {
  await browser.close();
}
