import assert from "node:assert/strict";
import { test } from "node:test";
import { belongsToPod } from "./pod-network.ts";

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
