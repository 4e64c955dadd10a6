import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { readFile } from "node:fs/promises";
import { ownerOf } from "../build/owner.ts";
import { belongsToPod, findPodProcess } from "./pod-network.ts";

const UID = "0db05522-a2d3-4690-852f-d09b987b3ca0";

test("a process belongs to a pod by its cgroup, however the kubelet spells it", () => {
  assert.ok(belongsToPod(`4:pids:/node-1/kubepods/burstable/pod${UID}/418c\n`, UID));
  const systemd = `0::/kubepods.slice/kubepods-pod${UID.replaceAll("-", "_")}.slice/cri-containerd-418c.scope\n`;
  assert.ok(belongsToPod(systemd, UID));
});

test("a process of another pod, or of none, does not", () => {
  assert.ok(!belongsToPod("4:pids:/kubepods/pod11111111-a2d3-4690-852f-d09b987b3ca0/418c\n", UID));
  assert.ok(!belongsToPod("4:pids:/user.slice\n", UID));
});

test("of several processes the oldest is the pod's, whatever their numbers", async (t) => {
  const own = await cgroupOf(process.pid);
  const younger = spawn("sleep", ["30"]);
  t.after(() => younger.kill());
  await once(younger, "spawn");
  const found = await findPodProcess((cgroup) => cgroup === own);
  assert.ok(found !== undefined);
  assert.notEqual(found, younger.pid);
  assert.ok((await startedAt(found)) <= (await startedAt(process.pid)));
});

async function cgroupOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cgroup`, "utf8");
}

async function startedAt(pid: number): Promise<number> {
  return Number((await ownerOf(pid)).started);
}
