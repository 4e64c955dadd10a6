import assert from "node:assert/strict";
import { test } from "node:test";
import type { BuildView, ClientView } from "../../farm/console/view.ts";
import { newsOf } from "./news.ts";

const client = (more: Partial<ClientView> = {}): ClientView => ({
  client: 2,
  state: "waiting",
  spans: [],
  pods: [],
  incidents: [],
  ...more,
});
const build = (clients: readonly ClientView[], more: Partial<BuildView> = {}): BuildView => ({
  id: "7-1",
  runId: 7,
  title: "",
  status: "running",
  cancelling: false,
  createdAt: 0,
  clients,
  jobs: [],
  problems: [],
  ...more,
});
const incident = (
  kinds: readonly ("detected" | "acted" | "resolved")[],
): ClientView["incidents"][number] => ({
  name: "i",
  client: "2",
  phase: "Resolved",
  tier: 1,
  reason: "ImageDrift",
  rootCause: "",
  marks: kinds.map((kind, at) => ({ kind, at, words: `${kind} it` })),
  messageSent: false,
});

test("reads out what a person waits for, and no more", () => {
  assert.equal(newsOf(undefined, build([])), "Build 7 is started.");
  assert.equal(newsOf(build([], { status: "queued" }), build([])), "Build 7 is running.");
  assert.equal(newsOf(build([]), build([], { status: "failed" })), "Build 7 failed.");
  assert.equal(newsOf(build([client({ state: "deploying" })]), build([client()])), undefined);
  assert.equal(
    newsOf(build([client()]), build([client({ state: "testing" })])),
    "Build 7: client 2 testing.",
  );
  assert.equal(
    newsOf(build([client()]), build([client({ state: "failed", failure: "environment" })])),
    "Build 7: client 2 failed: environment.",
  );
});

test("reads out what the medic found and how it ended, once", () => {
  const before = build([client({ incidents: [incident(["detected"])] })]);
  const after = build([client({ incidents: [incident(["detected", "acted", "resolved"])] })]);
  assert.equal(newsOf(build([client()]), before), "Build 7: the medic on client 2: detected it.");
  assert.equal(newsOf(before, after), "Build 7: the medic on client 2: resolved it.");
  assert.equal(newsOf(after, after), undefined);
});
