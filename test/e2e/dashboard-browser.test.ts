import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { freePorts } from "../../farm/cluster/free-ports.ts";
import { startMessagesApi } from "../../farm/rehearsal/messages-api.ts";
import type { Block, MessagesApi, ModelReply, ModelRequest } from "../../farm/rehearsal/messages-api.ts";
import { axeFindings, fitsItsWindow, isAccessible, openWatched, startBrowser } from "../support/browser.ts";
import type { WatchedPage } from "../support/browser.ts";
import { createBuildsInTests, createClosedIncidents } from "../support/many-incidents.ts";
import { incidentsOf, installMedic, startMedic } from "../support/medic-process.ts";
import type { MedicProcess } from "../support/medic-process.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import { containerOf, createBuild, createStack, eventually } from "../support/test-stack.ts";
import type { StackOptions } from "../support/test-stack.ts";

const stage = (name: string): string =>
  fileURLToPath(new URL(`../support/stages/${name}.yaml`, import.meta.url));

/** A script, an image that is one, a word without an end, text that turns its surroundings round, and a lot of it. */
const scripts = `<script>globalThis.pwned = 1</script><img src=x onerror="globalThis.pwned = 1">`;
const hostile = `${scripts} \u202egnp.exe\u202c \u05d0\u05d1\u05d2 ${"x".repeat(8192)}`;

const says = (...content: Block[]): ModelReply => ({ kind: "message", content });
const use = (name: string, input: object): Block => ({ type: "tool_use", name, input });
const episode: readonly ModelReply[] = [
  says(
    { type: "text", text: `I look at it. ${hostile}` },
    use("mcp__k8s__get_pod_status", { pod: "server-0-0" }),
  ),
  says(use("mcp__k8s__restart_pod", { pod: "server-7-0", reason: scripts })),
  says(
    use("mcp__notify__rocketchat", {
      root_cause: `The server does not start. ${scripts}`,
      next_step: "Look at its log.",
    }),
  ),
  says({ type: "text", text: "That is all." }),
];

function play({ body }: ModelRequest): ModelReply {
  const messages = body.messages as readonly { role: string }[];
  return (
    episode[messages.filter(({ role }) => role === "assistant").length] ??
    says({ type: "text", text: "Done." })
  );
}

/** The page in a real browser, served by a real medic that watches a real API server with fake nodes. */
describe("the medic's dashboard in a browser", () => {
  let plane: ControlPlane;
  let chat: RocketChatDouble;
  let model: MessagesApi;
  let medic: MedicProcess;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let env: Record<string, string>;

  before(async () => {
    plane = await startControlPlane({
      log: () => {},
      fakeNodes: { count: 2, stages: [stage("image-missing"), stage("never-ready")] },
    });
    chat = await startRocketChatDouble({});
    model = await startMessagesApi({ respond: play });
    await installMedic(plane.admin);
    env = {
      ...chat.env,
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: "sk-ant-the-key-of-this-test-0123456789",
      MEDIC_PORT: String((await freePorts("127.0.0.1", [0]))[0]),
    };
    medic = await startMedic({ kubeconfig: plane.kubeconfig, env });
    browser = await startBrowser();
    watched = await openWatched(browser, medic.url);
    ({ page } = watched);
  });
  after(async () => {
    await browser?.close();
    await medic?.stop();
    await model?.close();
    await chat?.stop();
    await plane?.stop();
  });

  async function build(
    namespace: string,
    options: Omit<StackOptions, "namespace" | "client">,
  ): Promise<void> {
    await createBuild(plane.admin, namespace);
    await createStack(plane.admin, { namespace, client: "0", ...options });
  }

  async function closedAs(namespace: string, phase: string): Promise<string> {
    const closed = await eventually(`an incident of ${namespace} is ${phase}`, async () =>
      (await incidentsOf(plane.admin, namespace)).find(({ status }) => status?.phase === phase),
    );
    return closed.metadata.name;
  }

  const main = () => page.locator("main");
  const moment = (title: string | RegExp) =>
    page.locator(".moment", { has: page.locator("h3", { hasText: title }) });

  it("says that nothing was done and that this is the good case, and is accessible so", async () => {
    await main().getByText("The medic has done nothing, and that is the good case.").waitFor();
    await page.locator("header").getByText("watching").waitFor();
    await page.locator("header").getByText("acts", { exact: true }).waitFor();
    await main().getByText("No build is under watch.").waitFor();
    await isAccessible(page);
  });

  it("shows an incident the moment it is there, and how it ends, without a reload", async () => {
    await page.evaluate("globalThis.sameDocument = true");
    await build("build-live", { fault: (set) => (containerOf(set)["image"] = "farm.test/server:missing") });
    const row = page.getByRole("row", { name: /server-0/ });
    await row.waitFor();
    await row.getByText("Resolved").first().waitFor({ timeout: 60_000 });
    assert.equal(await page.evaluate("globalThis.sameDocument"), true);
    assert.equal(
      await page.getByRole("list", { name: "Stacks of build live" }).getByRole("listitem").count(),
      1,
    );
    assert.match(
      (await page.getByRole("status").last().textContent()) ?? "",
      /^ImageDrift is now Resolved: server-0/,
    );
  });

  it("tells its story: found, decided, done, verified, with the audit records behind it", async () => {
    const name = await closedAs("build-live", "Resolved");
    await page.getByRole("link", { name: "server-0", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "ImageDrift on server-0" }).waitFor();
    assert.equal(new URL(page.url()).hash, `#/incidents/${name}`);
    await moment("Detected: ImageDrift").waitFor();
    await moment("Decided: repair it").first().waitFor();
    await moment("reconcile-to-intent").getByText("applied").waitFor();
    await moment(/^Resolved/).waitFor();
    const order = await page.locator(".moment h3").allTextContents();
    assert.match(order.join(" | "), /^Detected.*Decided.*reconcile-to-intent.*Resolved[^|]*$/);
    const records = page.locator(".audit details");
    await records.first().locator("summary").click();
    const shown = JSON.parse((await records.first().locator("pre").textContent()) ?? "") as { hash: string };
    assert.ok(medic.lines.some((line) => line["audit"] === "v1" && line["hash"] === shown.hash));
    await isAccessible(page);
  });

  it("opens the same story by its address and after a reload, and says what there is not", async () => {
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "ImageDrift on server-0" }).waitFor();
    await moment(/^Resolved/).waitFor();
    await page.goto(`${medic.url}/#/incidents/nothing-%ff`);
    await main()
      .getByText(/There is no incident/)
      .waitFor();
    await page.goto(`${medic.url}/#/`);
    await page.getByRole("heading", { name: "Incidents" }).waitFor();
    // A browser says of a 404 that it was one.
    assert.match(watched.complaints.join(), /^Failed to load resource: .*404/);
    (watched.complaints as string[]).length = 0;
  });

  it("shows an episode turn by turn and the message as it was sent, and text of others as nothing but text", async () => {
    await build("build-tier2", {
      withoutTemplate: true,
      fault: (set) => (containerOf(set)["env"] = [{ name: "DB_HOST", value: "nowhere" }]),
    });
    const name = await closedAs("build-tier2", "Escalated");
    await page.goto(`${medic.url}/#/incidents/${name}`);
    await moment(/^Message sent to/).waitFor();
    const told = moment("Episode of claude-sonnet-4-6");
    assert.equal(await told.locator(".turn").count(), 4);
    await told.getByText(/^I look at it\. .*globalThis\.pwned = 1/).waitFor();
    const refused = told.locator(".call", { hasText: "restart_pod" });
    await refused.getByText("refused", { exact: true }).waitFor();
    assert.match((await refused.locator("pre").textContent()) ?? "", /^Not permitted\./);
    const [sent] = chat.messages().filter((message) => JSON.stringify(message).includes(name));
    const shown = await moment(/^Message sent to/)
      .locator("pre")
      .first()
      .textContent();
    assert.equal(shown, (sent as unknown as { msg: string }).msg);
    assert.equal(await page.evaluate("globalThis.pwned"), undefined);
    assert.equal(await page.locator("main img, main script, main iframe").count(), 0);
    await fitsItsWindow(page);
    await page.setViewportSize({ width: 390, height: 800 });
    await fitsItsWindow(page);
    await isAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("says loudly that it lost the medic, and then that the new one only observes, without a reload", async () => {
    await page.goto(`${medic.url}/#/`);
    await page.evaluate("globalThis.sameDocument = true");
    await medic.stop();
    await page
      .getByRole("alert")
      .getByText(/The connection to the medic was lost/)
      .waitFor();
    await createBuildsInTests(plane.admin, 10, 30);
    await createClosedIncidents(plane.admin, 500, (index) =>
      index === 333 ? `needle ${hostile}` : `Cause ${index}.`,
    );
    medic = await startMedic({ kubeconfig: plane.kubeconfig, env: { ...env, MEDIC_MODE: "observe" } });
    await page.getByText("Observe mode: the medic changes nothing.").waitFor({ timeout: 60_000 });
    assert.equal(await page.getByRole("alert").count(), 0);
    assert.equal(await page.evaluate("globalThis.sameDocument"), true);
    const silence = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/;
    assert.deepEqual(
      watched.complaints.filter((complaint) => !silence.test(complaint)),
      [],
    );
  });

  it("stays small with 300 stacks and 500 incidents, and finds one of them", async () => {
    await main().getByText("502 incidents", { exact: true }).waitFor();
    await page.locator(".cell").nth(301).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 50);
    const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
    assert.ok(elements < 5000, `${elements} elements`);
    // Once: it takes its time with so much.
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole("button", { name: /^Show 50 more of/ }).click();
    assert.equal(await page.locator("tbody tr").count(), 100);
    await page.getByLabel("Words").fill("NEEDLE server-3");
    await main().getByText("1 of 502 incidents").waitFor();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await fitsItsWindow(page);
    await page.reload();
    await main().getByText("1 of 502 incidents").waitFor();
    assert.equal(await page.getByLabel("Words").inputValue(), "NEEDLE server-3");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.locator("#filter-phase").selectOption("Escalated");
    await main().getByText("51 of 502 incidents").waitFor();
    await page.locator("#filter-tier").selectOption("2");
    await main().getByText("1 of 502 incidents").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    assert.equal(await page.evaluate("globalThis.pwned"), undefined);
  });

  it("can be used with keys alone: past the header, to a filter, into a story and back to where one was", async () => {
    await page.goto(`${medic.url}/#/`);
    await page.reload();
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "To the content");
    await page.keyboard.press("Enter");
    for (let presses = 0; (await focused("id")) !== "words" && presses < 40; presses += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.type("needle");
    await main().getByText("1 of 502 incidents").waitFor();
    for (let presses = 0; !(await focused("id")).startsWith("incident-") && presses < 20; presses += 1)
      await page.keyboard.press("Tab");
    const link = await focused("id");
    assert.equal(link, "incident-old-333-incident");
    assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /ImageDrift on server-3/ }).waitFor();
    assert.equal(await page.evaluate("document.activeElement.tagName"), "H1");
    await page.keyboard.press("Escape");
    await main().getByText("1 of 502 incidents").waitFor();
    assert.equal(await focused("id"), link);
  });

  function focused(what: "id" | "textContent" = "textContent"): Promise<string> {
    return page.evaluate<string>(`document.activeElement.${what} ?? ""`);
  }

  it("asked nobody else for anything, and broke none of its own rules", () => {
    assert.deepEqual(watched.strangers, []);
    assert.deepEqual(
      watched.complaints.filter((complaint) => /policy|refused to/i.test(complaint)),
      [],
    );
  });
});
