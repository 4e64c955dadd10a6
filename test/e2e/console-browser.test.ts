import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { V1Namespace, V1StatefulSet } from "@kubernetes/client-node";
import type { Browser, Locator, Page } from "playwright-core";
import { Keys } from "../../src/core/contract.ts";
import type { Incident } from "../../src/core/incident.ts";
import { decodeIncident } from "../../src/kube/incident-codec.ts";
import { openFarm } from "../../farm/build/farm-access.ts";
import { openKube } from "../../farm/build/kube.ts";
import type { Kube } from "../../farm/build/kube.ts";
import { readJson } from "../../farm/build/out-folder.ts";
import { recordPath } from "../../farm/build/record.ts";
import type { BuildRecord } from "../../farm/build/record.ts";
import { up } from "../../farm/cluster/up.ts";
import { endRunningConsole } from "../../farm/console/running-console.ts";
import { draw } from "../../farm/faults/draw.ts";
import { ensureAct } from "../../farm/workflow/workflow-tools.ts";
import { fitsItsWindow, isAccessible, openWatched, startBrowser } from "../support/browser.ts";
import type { WatchedPage } from "../support/browser.ts";
import { startConsoleProcess } from "../support/console-process.ts";
import type { ConsoleProcess } from "../support/console-process.ts";
import { eventually } from "../support/test-stack.ts";

const MINUTES = 60_000;
const SEED = 5;
const { target } = draw("misconfig", 4, SEED);
const others = [0, 1, 2, 3].filter((client) => client !== target);

/** The console in a real browser: it starts real builds of the workflow on the real farm, with a real medic. */
describe("the farm console in a browser", () => {
  let kube: Kube;
  let farmConsole: ConsoleProcess;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  /** Ids of the build with the medic and of the one without. */
  let withMedic: string;
  let withoutMedic: string;

  before(
    async () => {
      await up({ log: console.error });
      kube = openKube(await openFarm({ report: console.error }));
      await ensureAct(console.error);
      // One that a tour left has the local GitHub's folder to itself.
      await endRunningConsole(console.error);
      farmConsole = await startConsoleProcess(["--port", "0"]);
      browser = await startBrowser();
      watched = await openWatched(browser, farmConsole.url);
      ({ page } = watched);
    },
    { timeout: 20 * MINUTES },
  );
  after(async () => {
    await browser?.close();
    await farmConsole?.stop();
  });

  /** Fills the form and starts the build; answers its id. */
  async function start(medic: "on" | "off"): Promise<string> {
    await page.getByRole("radio", { name: /^Bad configuration/ }).check();
    await page.getByRole("radio", { name: medic, exact: true }).check();
    const seed = page.getByLabel(/^Seed/);
    if (!(await seed.isVisible())) await page.getByText("Seed, client, number of clients").click();
    await seed.fill(String(SEED));
    const [response] = await Promise.all([
      page.waitForResponse(
        (one) => one.request().method() === "POST" && one.url().endsWith("/api/v1/builds"),
      ),
      page.getByRole("button", { name: "Start the build" }).click(),
    ]);
    const { id } = (await response.json()) as { id: string };
    await page
      .locator(".go")
      .getByText(`Build ${id.replace(/-1$/, "")} is started.`)
      .waitFor();
    return id;
  }

  const card = (id: string): Locator => page.locator(`article[aria-labelledby="build-${id}"]`);
  const lane = (id: string, client: number): Locator => card(id).locator(".lane").nth(client);
  /** Waits for the end of a build, whatever it is, and says what else it was when it was not the right one. */
  async function ends(id: string, word: "passed" | "failed"): Promise<void> {
    const pill = card(id).locator(".build-head .pill");
    await pill.filter({ hasText: /passed|failed|cancelled/ }).waitFor({ timeout: 8 * MINUTES });
    const record = await readJson<BuildRecord>(recordPath(id));
    assert.equal(await pill.textContent(), word, JSON.stringify(record?.clients));
  }

  async function incidentsOf(runId: string): Promise<Incident[]> {
    const list = await kube.get<{ items: unknown[] }>("list the Incidents", [
      "incidents",
      "--all-namespaces",
    ]);
    return list.items.flatMap((raw) => decodeIncident(raw) ?? []).filter(({ spec }) => spec.runId === runId);
  }

  async function recordOf(id: string): Promise<BuildRecord> {
    const record = await readJson<BuildRecord>(recordPath(id));
    assert.ok(record !== undefined, `no record of build ${id}`);
    return record;
  }

  it("names the rehearsal as what it is, and says what each build is supposed to show", async () => {
    await page
      .locator("header")
      .getByText(/the rehearsal \(recorded turns, no model\)/)
      .waitFor({ timeout: MINUTES });
    await page.getByRole("radio", { name: /^Broken network/ }).check();
    await page.getByText(/people get one message with the cause, and that client fails/).waitFor();
    await page.getByRole("radio", { name: /^Nothing/ }).check();
    await page.getByText("All clients pass; the medic does nothing.").waitFor();
    await isAccessible(page);
  });

  it("refuses a wrong seed with the server's sentence and starts nothing", async () => {
    // Builds of an earlier console on this machine are still shown.
    const rows = page.locator("tbody tr");
    const before = await rows.count();
    await page.getByText("Seed, client, number of clients").click();
    await page.getByLabel(/^Seed/).fill("-1");
    await page.getByLabel(/^Seed/).press("Enter");
    await page
      .getByRole("alert")
      .getByText('--seed is a whole number from 0 to 4294967295, not "-1".')
      .waitFor();
    await page.getByLabel(/^Seed/).fill("");
    assert.equal(await rows.count(), before);
    // A browser says of a 400 that it was one.
    assert.match(watched.complaints.join(), /^Failed to load resource: .*400[^,]*$/);
    (watched.complaints as string[]).length = 0;
  });

  it("starts a build with the medic: the target is repaired before its tests, and the build passes", async () => {
    withMedic = await start("on");
    await lane(withMedic, target).getByText("fault here").waitFor();
    assert.equal(await card(withMedic).getByText("fault here").count(), 1);
    await lane(withMedic, target)
      .locator(".pill", { hasText: "testing" })
      .waitFor({ timeout: 5 * MINUTES });
    // What the page says, the cluster says.
    const namespace = `build-${withMedic}`;
    const set = await kube.get<V1StatefulSet>("read the server", [
      "statefulset",
      `server-${target}`,
      "-n",
      namespace,
    ]);
    assert.equal(set.metadata?.labels?.[Keys.tests], "started");
    const image = set.spec?.template.spec?.containers[0]?.image;
    assert.equal(image, set.metadata?.annotations?.[Keys.expectedImage]);
    await ends(withMedic, "passed");
    for (const client of [target, ...others]) {
      await lane(withMedic, client).locator(".pill", { hasText: "passed" }).waitFor();
    }
    const told = lane(withMedic, target);
    await told.getByText("found ImageDrift").waitFor();
    await told.getByText("repaired: the stack is ready").waitFor();
    await told.getByText("No model was called: $0.00.").waitFor();
    const incidents = await incidentsOf(withMedic);
    assert.deepEqual(
      incidents.map(({ spec, status }) => [spec.client, status.phase, status.tier, status.episode]),
      [[String(target), "Resolved", 1, undefined]],
    );
    assert.ok(
      incidents[0]?.status.attempts.some(({ outcome, by }) => outcome === "applied" && by === "playbook"),
    );
    const record = await recordOf(withMedic);
    assert.deepEqual([record.passed, record.fault?.target, record.seed], [true, target, SEED]);
  });

  it("leads to the incident's story on the medic's dashboard", async () => {
    const [opened] = await Promise.all([
      page.context().waitForEvent("page"),
      lane(withMedic, target)
        .getByRole("link", { name: /^The whole story of/ })
        .click(),
    ]);
    await opened.getByRole("heading", { level: 1, name: `ImageDrift on server-${target}` }).waitFor();
    const [incident] = await incidentsOf(withMedic);
    assert.equal(new URL(opened.url()).hash, `#/incidents/${incident?.name}`);
    await opened.close();
  });

  it("starts the same without the medic: that client fails for its environment, and the others pass", async () => {
    withoutMedic = await start("off");
    const namespace = await eventually(
      "the build's namespace is there",
      async () => {
        const found = await kube.kubectl(["get", "namespace", `build-${withoutMedic}`, "-o", "json"]);
        return found.code === 0 && (JSON.parse(found.stdout) as V1Namespace);
      },
      300,
    );
    assert.equal(namespace.metadata?.labels?.[Keys.watch], "false");
    await lane(withoutMedic, target)
      .locator(".lane-why", { hasText: /ErrImagePull|ImagePullBackOff/ })
      .waitFor({ timeout: 5 * MINUTES });
    await ends(withoutMedic, "failed");
    await lane(withoutMedic, target).locator(".pill", { hasText: "failed: environment" }).waitFor();
    for (const client of others)
      await lane(withoutMedic, client).locator(".pill", { hasText: "passed" }).waitFor();
    assert.equal(await card(withoutMedic).getByText("the medic", { exact: true }).count(), 0);
    assert.deepEqual(await incidentsOf(withoutMedic), []);
    const record = await recordOf(withoutMedic);
    assert.deepEqual(
      record.clients.map(({ outcome }) => outcome),
      [0, 1, 2, 3].map((client) => (client === target ? "environment" : "passed")),
    );
  });

  it("puts both side by side, and counts what was saved", async () => {
    const compared = page.locator("section", {
      has: page.getByRole("heading", { name: /^Without the medic/ }),
    });
    await compared.getByText("Both had the same seed: the same fault in the same client.").waitFor();
    assert.deepEqual(await compared.locator("article h3").allTextContents(), [
      "Bad configurationmedic off",
      "Bad configurationmedic on",
    ]);
    const totals = page.getByLabel("Totals");
    assert.match((await totals.textContent()) ?? "", /stacks repaired[1-9]/);
    assert.match((await totals.textContent()) ?? "", /model cost\$0\.00/);
  });

  it("is accessible and fits its window, wide and narrow, light and dark", async () => {
    await isAccessible(page);
    await fitsItsWindow(page);
    await page.setViewportSize({ width: 390, height: 800 });
    await fitsItsWindow(page);
    await isAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`${farmConsole.url}/#/builds/${withMedic}`);
    await card(withMedic).getByText("All times").click();
    await card(withMedic).getByRole("cell", { name: "deploying" }).first().waitFor();
    await isAccessible(page);
    await page.getByRole("link", { name: "All builds" }).click();
    await page.getByRole("heading", { name: "History" }).waitFor();
  });

  it("can be used with keys alone", async () => {
    await page.reload();
    await page.getByRole("button", { name: "Start the build" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "To the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("document.activeElement.id"), "main");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate("document.activeElement.value"), "chaos-recoverable");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.getByText("That client fails, for no fault of the code; the others pass.").waitFor();
  });

  it("says loudly that the console went away, and shows the same builds when it is back, without a reload", async () => {
    await page.evaluate("globalThis.sameDocument = true");
    const { port } = new URL(farmConsole.url);
    assert.equal(await farmConsole.stop(), 0);
    await page
      .getByRole("alert")
      .getByText(/The console does not answer/)
      .waitFor();
    farmConsole = await startConsoleProcess(["--port", port]);
    await page.getByRole("alert").waitFor({ state: "detached", timeout: MINUTES });
    await page
      .getByRole("row", { name: /failed/ })
      .first()
      .waitFor();
    assert.equal(await page.evaluate("globalThis.sameDocument"), true);
    const { spans } = await page.evaluate<{ spans: number }>(
      `fetch("/api/v1/builds/${withMedic}").then((answer) => answer.json()).then((build) => ({ spans: build.clients[0].spans.length }))`,
    );
    assert.ok(spans > 3, "what was seen before the restart is kept");
  });

  it("asked nobody else for anything, and broke no rule of its own policy", () => {
    assert.deepEqual(watched.strangers, []);
    const silence = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/;
    assert.deepEqual(
      watched.complaints.filter((complaint) => !silence.test(complaint)),
      [],
    );
  });
});
