import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MedicError } from "../lib/medic-error.ts";
import { loadCluster } from "./kubeconfig.ts";
import type { LoadOptions } from "./kubeconfig.ts";

const directory = await mkdtemp(join(tmpdir(), "medic-kubeconfig-"));
after(() => rm(directory, { recursive: true }));

let count = 0;
async function file(text: string): Promise<string> {
  count += 1;
  const path = join(directory, `file-${count}`);
  await writeFile(path, text);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function config(user: object, cluster: object = {}): string {
  return JSON.stringify({
    "current-context": "here",
    contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "ci" } }],
    clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443", ...cluster } }],
    users: [{ name: "u", user }],
  });
}

async function fromText(text: string): ReturnType<typeof loadCluster> {
  return loadCluster({ kubeconfig: await file(text), environment: {} });
}

async function pod(): Promise<{ accountDirectory: string; environment: LoadOptions["environment"] }> {
  const accountDirectory = await mkdtemp(join(directory, "pod-"));
  await writeFile(join(accountDirectory, "ca.crt"), "CA");
  await writeFile(join(accountDirectory, "token"), "first\n");
  await writeFile(join(accountDirectory, "namespace"), "build-medic");
  return {
    accountDirectory,
    environment: { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" },
  };
}

test("in a pod uses its ServiceAccount, and reads the token anew for every request", async () => {
  const here = await pod();
  const access = await loadCluster(here);
  assert.equal(access.server, "https://10.96.0.1:443");
  assert.equal(access.namespace, "build-medic");
  assert.deepEqual(await access.credentials(), {
    tls: { ca: "CA" },
    headers: { authorization: "Bearer first" },
  });
  await writeFile(join(here.accountDirectory, "token"), "second");
  assert.equal((await access.credentials()).headers["authorization"], "Bearer second");
});

test("puts an IPv6 address of the API server in brackets", async () => {
  const { accountDirectory } = await pod();
  const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
  assert.equal((await loadCluster({ accountDirectory, environment })).server, "https://[fd00::1]:443");
});

test("a given kubeconfig wins over the pod, the pod over KUBECONFIG, KUBECONFIG over the home directory", async () => {
  const { accountDirectory, environment } = await pod();
  const server = (port: number): object => ({ server: `https://h:${port}` });
  const given = await file(config({ token: "t" }, server(1)));
  const named = await file(config({ token: "t" }, server(2)));
  const HOME = await mkdtemp(join(directory, "home-"));
  await mkdir(join(HOME, ".kube"));
  await writeFile(join(HOME, ".kube", "config"), config({ token: "t" }, server(3)));
  const inPod = { ...environment, KUBECONFIG: named, HOME };
  const found = async (options: LoadOptions): Promise<string> => (await loadCluster(options)).server;
  assert.equal(await found({ kubeconfig: given, environment: inPod, accountDirectory }), "https://h:1");
  assert.equal(await found({ environment: inPod, accountDirectory }), "https://10.96.0.1:443");
  assert.equal(await found({ environment: { KUBECONFIG: named, HOME }, accountDirectory }), "https://h:2");
  assert.equal(await found({ environment: { HOME }, accountDirectory }), "https://h:3");
});

test("KUBECONFIG may list several files, also ones that do not exist; the first context holds", async () => {
  const one = await file(
    config({ token: "one" })
      .replaceAll('"c"', '"c1"')
      .replaceAll('"u"', '"u1"')
      .replaceAll('"here"', '"one"'),
  );
  const two = await file(config({ token: "two" }));
  const KUBECONFIG = [join(directory, "missing"), one, two].join(":");
  const access = await loadCluster({ environment: { KUBECONFIG } });
  assert.equal((await access.credentials()).headers["authorization"], "Bearer one");
  assert.match(access.source, /^context one of /);
});

test("takes the authority, a client certificate, the server's name and a switched-off check from a kubeconfig", async () => {
  const access = await fromText(
    config(
      { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") },
      {
        "certificate-authority-data": base64("CA"),
        "tls-server-name": "kubernetes",
        "insecure-skip-tls-verify": true,
      },
    ),
  );
  const { tls, headers } = await access.credentials();
  assert.deepEqual(tls, {
    ca: "CA",
    cert: "CERT",
    key: "KEY",
    servername: "kubernetes",
    rejectUnauthorized: false,
  });
  assert.deepEqual(headers, {});
  assert.equal(access.namespace, "ci");
});

test("finds certificate files beside the kubeconfig and reads them again when they are replaced", async () => {
  await writeFile(join(directory, "client.crt"), "CERT 1");
  await writeFile(join(directory, "client.key"), "KEY");
  const access = await fromText(config({ "client-certificate": "client.crt", "client-key": "client.key" }));
  assert.equal(String((await access.credentials()).tls.cert), "CERT 1");
  await writeFile(join(directory, "client.crt"), "CERT 2");
  assert.equal(String((await access.credentials()).tls.cert), "CERT 2");
});

test("reads a token file of a kubeconfig anew for every request", async () => {
  await writeFile(join(directory, "user-token"), "first\n");
  const access = await fromText(config({ tokenFile: "user-token" }));
  assert.equal((await access.credentials()).headers["authorization"], "Bearer first");
  await writeFile(join(directory, "user-token"), "second\n");
  assert.equal((await access.credentials()).headers["authorization"], "Bearer second");
});

test("sends a user's name and password as basic authentication", async () => {
  const access = await fromText(config({ username: "jane", password: "pw" }));
  assert.equal((await access.credentials()).headers["authorization"], `Basic ${base64("jane:pw")}`);
});

test("acts as somebody else when the kubeconfig says so", async () => {
  const access = await fromText(config({ token: "t", as: "jane", "as-groups": ["devs", "ops"] }));
  assert.deepEqual((await access.credentials()).headers, {
    authorization: "Bearer t",
    "impersonate-user": "jane",
    "impersonate-group": ["devs", "ops"],
  });
});

test("asks a credential plugin once, and again after a reload", async () => {
  const tally = await file("");
  const script = `
    require("fs").appendFileSync(${JSON.stringify(tally)}, "x");
    const token = "call-" + require("fs").readFileSync(${JSON.stringify(tally)}, "utf8").length;
    console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));`;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: process.execPath,
    args: ["-e", script],
  };
  const access = await fromText(config({ exec }));
  assert.equal((await access.credentials()).headers["authorization"], "Bearer call-1");
  assert.equal((await access.credentials()).headers["authorization"], "Bearer call-1");
  await access.reload();
  assert.equal((await access.credentials()).headers["authorization"], "Bearer call-2");
});

const unusable: readonly [what: string, load: () => Promise<unknown>, sentence: RegExp][] = [
  [
    "nothing is there",
    () => loadCluster({ environment: { HOME: "/nowhere" } }),
    /^no cluster found: this is no pod, KUBECONFIG is not set and there is no \/nowhere\/\.kube\/config; pass --kubeconfig FILE\.$/,
  ],
  [
    "the file is missing",
    () => loadCluster({ kubeconfig: "/nowhere/config", environment: {} }),
    /^cannot use the kubeconfig \/nowhere\/config: ENOENT/,
  ],
  [
    "no file of several is there",
    () => loadCluster({ environment: { KUBECONFIG: "/nowhere/a:/nowhere/b" } }),
    /^none of the files in KUBECONFIG exists: \/nowhere\/a, \/nowhere\/b; /,
  ],
  ["it is no YAML", () => fromText("{ a: ["), /^cannot use the kubeconfig \S+: /],
  ["it is no kubeconfig", () => fromText("hello"), /^cannot use the kubeconfig \S+: it is no kubeconfig/],
  ["it is empty", () => fromText(""), /^cannot use the kubeconfig \S+: it is no kubeconfig/],
  [
    "there is no current context",
    () => fromText(config({ token: "t" }).replace('"current-context":"here",', "")),
    /has no current context \(kubectl config use-context NAME sets one\); pass --kubeconfig FILE\.$/,
  ],
  [
    "the context does not exist",
    () => fromText(config({ token: "t" }).replace('"current-context":"here"', '"current-context":"there"')),
    /^context there of the kubeconfig \S+ names no cluster in it/,
  ],
  [
    "the user does not exist",
    () => fromText(config({ token: "t" }).replace('"user":"u"', '"user":"x"')),
    /^context here of the kubeconfig \S+ names no user in it/,
  ],
  [
    "the server is plain http",
    () => fromText(config({ token: "t" }, { server: "http://10.0.0.1:8080" })),
    /\(http:\/\/10\.0\.0\.1:8080\) is not https/,
  ],
  [
    "a proxy is needed",
    () => fromText(config({ token: "t" }, { "proxy-url": "http://proxy:3128" })),
    /needs a proxy, which is not supported/,
  ],
  [
    "the authority's file is missing",
    () => fromText(config({ token: "t" }, { "certificate-authority": "/nowhere/ca.crt" })),
    /^cannot use the kubeconfig \S+: ENOENT.*\/nowhere\/ca\.crt/,
  ],
  [
    "the credential plugin is missing",
    () => fromText(config({ exec: { command: "/nowhere/plugin" } })),
    /^cannot use the kubeconfig \S+: spawn \/nowhere\/plugin ENOENT/,
  ],
];

for (const [what, load, sentence] of unusable) {
  test(`says in one sentence that it cannot start when ${what}`, async () => {
    await assert.rejects(load, (error) => {
      assert.ok(error instanceof MedicError);
      assert.equal(error.code, "kubeconfig");
      assert.match(error.message, sentence);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}
