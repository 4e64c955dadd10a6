import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { callApi, createObject } from "../../farm/cluster/api-client.ts";
import { run } from "../../farm/cluster/command.ts";
import { startControlPlane, type ControlPlane } from "../../farm/cluster/control-plane.ts";
import { isAlive } from "../../farm/cluster/daemon.ts";
import { kubectlPath } from "../../farm/cluster/kube-tools.ts";

const quiet = { log: () => {} };

describe("a control plane", () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane(quiet);
  });
  after(() => plane.stop());

  it("denies an anonymous user everything but health", async () => {
    const anonymous = { server: plane.server, ca: plane.authority.cert };
    assert.equal((await callApi(anonymous, "GET", "/api/v1/namespaces")).status, 403);
    assert.equal((await callApi(anonymous, "GET", "/readyz")).status, 200);
  });

  it("lets a user do only what a role binding says", async () => {
    const kubeconfig = await plane.kubeconfigFor({ user: "jane", groups: ["viewers"] });
    assert.equal(await canI(kubeconfig, "list", "pods"), "no");
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];
    await createObject(plane.admin, `${rbac}/clusterroles`, { metadata: { name: "pod-lister" }, rules });
    const binding = {
      metadata: { name: "viewers" },
      subjects: [{ kind: "Group", name: "viewers", apiGroup: "rbac.authorization.k8s.io" }],
      roleRef: { kind: "ClusterRole", name: "pod-lister", apiGroup: "rbac.authorization.k8s.io" },
    };
    await createObject(plane.admin, `${rbac}/clusterrolebindings`, binding);
    // The API server authorizes from its own watch, which follows within moments.
    for (let tries = 0; tries < 50 && (await canI(kubeconfig, "list", "pods")) === "no"; tries += 1)
      await delay(50);
    assert.equal(await canI(kubeconfig, "list", "pods"), "yes");
    assert.equal(await canI(kubeconfig, "delete", "pods"), "no");
  });

  it("keeps its data and its address when the API server is restarted", async () => {
    await createObject(plane.admin, "/api/v1/namespaces", { metadata: { name: "kept" } });
    await plane.stopApiServer();
    await assert.rejects(callApi(plane.admin, "GET", "/api/v1/namespaces/kept"));
    await plane.startApiServer();
    assert.equal((await callApi(plane.admin, "GET", "/api/v1/namespaces/kept")).status, 200);
  });

  it("writes every request into the audit log with user, verb and status", async () => {
    const entry = z.object({
      verb: z.string(),
      requestURI: z.string(),
      user: z.object({ username: z.string() }),
      responseStatus: z.object({ code: z.number() }),
    });
    await callApi(plane.admin, "GET", "/api/v1/namespaces/only-asked-for-here");
    const lines = (await readFile(plane.auditLog, "utf8")).trim().split("\n");
    const asked = lines
      .map((line) => entry.safeParse(JSON.parse(line)).data)
      .filter((line) => line?.requestURI === "/api/v1/namespaces/only-asked-for-here");
    assert.deepEqual(asked, [
      {
        verb: "get",
        requestURI: "/api/v1/namespaces/only-asked-for-here",
        user: { username: "farm-admin" },
        responseStatus: { code: 404 },
      },
    ]);
  });
});

describe("the end of a control plane", () => {
  it("leaves no process and no file after stop", async () => {
    const plane = await startControlPlane(quiet);
    const daemons = plane.daemons();
    assert.equal(daemons.length, 2);
    await plane.stop();
    assert.deepEqual(daemons.filter(isAlive), []);
    assert.equal(existsSync(plane.directory), false);
  });

  it("leaves no process when the one that started it is killed", async () => {
    const script = `
      import { startControlPlane } from ${JSON.stringify(new URL("../../farm/cluster/control-plane.ts", import.meta.url).href)};
      const plane = await startControlPlane({ log: () => {} });
      console.log(JSON.stringify({ daemons: plane.daemons(), directory: plane.directory }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const started = z.object({
      daemons: z.array(z.object({ name: z.string(), pid: z.number(), startTicks: z.string() })),
      directory: z.string(),
    });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const { daemons, directory } = started.parse(JSON.parse(String(line)));
    assert.equal(daemons.filter(isAlive).length, 2);
    child.kill("SIGKILL");
    await once(child, "exit");
    for (let waited = 0; daemons.some(isAlive) && waited < 100; waited += 1) await delay(50);
    assert.deepEqual(daemons.filter(isAlive), []);
    await rm(directory, { recursive: true, force: true });
  });
});

describe("fake nodes", () => {
  it("run pods, and play a scripted failure that depends on the pod's spec", async () => {
    const directory = await mkdtemp(join(tmpdir(), "build-medic-stage-"));
    const stage = join(directory, "bad-image.yaml");
    await writeFile(stage, badImageStage);
    const plane = await startControlPlane({ ...quiet, fakeNodes: { count: 2, stages: [stage] } });
    try {
      await createObject(plane.admin, "/api/v1/namespaces/default/pods", pod("good", "example/app:1"));
      await createObject(plane.admin, "/api/v1/namespaces/default/pods", pod("bad", "example/app:bad"));
      await becomes(plane, "good", "{.status.phase}", "Running");
      const reason = "{.status.containerStatuses[0].state.waiting.reason}";
      await becomes(plane, "bad", reason, "ImagePullBackOff");
      await callApi(plane.admin, "DELETE", "/api/v1/namespaces/default/pods/bad");
      assert.equal(await gone(plane, "bad"), true);
    } finally {
      await plane.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

async function canI(kubeconfig: string, verb: string, resource: string): Promise<string> {
  const kubectl = await kubectlPath();
  // `auth can-i` exits 1 for "no".
  const script = `"$0" --kubeconfig "$1" auth can-i "$2" "$3" || true`;
  return (await run("/bin/sh", ["-c", script, kubectl, kubeconfig, verb, resource])).trim();
}

async function becomes(plane: ControlPlane, name: string, path: string, value: string): Promise<void> {
  const condition = `--for=jsonpath=${path}=${value}`;
  const args = ["--kubeconfig", plane.kubeconfig, "wait", `pod/${name}`, condition, "--timeout=30s"];
  await run(await kubectlPath(), args);
}

async function gone(plane: ControlPlane, name: string): Promise<boolean> {
  for (let waited = 0; waited < 100; waited += 1) {
    const answer = await callApi(plane.admin, "GET", `/api/v1/namespaces/default/pods/${name}`);
    if (answer.status === 404) return true;
    await delay(100);
  }
  return false;
}

function pod(name: string, image: string): object {
  return { metadata: { name }, spec: { containers: [{ name: "main", image }] } };
}

const badImageStage = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: bad-image
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  weight: 1
  selector:
    matchExpressions:
    - { key: .metadata.deletionTimestamp, operator: DoesNotExist }
    - { key: '.spec.containers.[].image', operator: In, values: ['example/app:bad'] }
  next:
    statusTemplate: |
      phase: Pending
      conditions:
      - { type: Ready, status: "False", reason: ContainersNotReady }
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        imageID: ""
        ready: false
        restartCount: 0
        state: { waiting: { reason: ImagePullBackOff, message: "Back-off pulling image" } }
      {{ end }}
`;
