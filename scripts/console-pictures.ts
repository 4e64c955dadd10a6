/**
 * Draws docs/screenshots/console-*.png from the console that runs on this machine, with whatever builds it has shown: run
 * `make demo` first. `live` waits until a build is under way whose medic is at work.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import { readRunningConsole } from "../farm/console/running-console.ts";
import { startBrowser } from "../test/support/browser.ts";

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** Waits until the page shows what the picture is about. */
  readonly until?: (page: Page) => Promise<void>;
}

const WIDE = { width: 1200, height: 860 };
const LIVE_LIMIT_MS = 600_000;

const PICTURES: readonly Picture[] = [
  { name: "console-light", options: { viewport: WIDE, colorScheme: "light" } },
  { name: "console-dark", options: { viewport: WIDE, colorScheme: "dark" } },
  { name: "console-narrow", options: { viewport: { width: 390, height: 844 }, colorScheme: "light" } },
  {
    name: "console-live",
    options: { viewport: WIDE, colorScheme: "light" },
    until: async (page) =>
      page
        .locator(".medic-words", { hasText: "the playbook did" })
        .filter({ hasNotText: "repaired" })
        .first()
        .waitFor({ timeout: LIVE_LIMIT_MS }),
  },
];

const running = await readRunningConsole();
if (running === undefined) throw new Error("no console runs here: make demo leaves one running");
const folder = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));
await mkdir(folder, { recursive: true });
const wanted = process.argv.slice(2);
const browser = await startBrowser();
try {
  for (const { name, options, until } of PICTURES) {
    if (wanted.length === 0 ? until !== undefined : !wanted.includes(name)) continue;
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(running.url);
    await page.getByRole("heading", { name: "History" }).waitFor();
    await until?.(page);
    const path = `${folder}${name}.png`;
    await page.screenshot({ path, fullPage: true });
    console.log(path);
    await page.close();
  }
} finally {
  await browser.close();
}
