import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createObject } from "./api-client.ts";
import { issueCertificate } from "./certificates.ts";
import type { ControlPlane } from "./control-plane.ts";
import { startDaemon, type Daemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { FarmNetwork } from "./network.ts";

export type ServiceContext = {
  readonly directory: string;
  readonly logs: string;
  readonly network: FarmNetwork;
  readonly cgroups: readonly string[];
};

export type Service = { readonly daemon: Daemon; readonly url: string };

/** An image registry on loopback that keeps its images over `farm down`. Debian's docker-registry. */
export async function startRegistry(
  context: ServiceContext,
  data: string,
): Promise<Service & { address: string }> {
  const [port = 0] = await freePorts("127.0.0.1", [5077]);
  const address = `127.0.0.1:${port}`;
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: address, secret: "one instance, so nothing depends on it" },
  };
  await mkdir(data, { recursive: true });
  const file = join(context.directory, "registry.yml");
  await writeFile(file, JSON.stringify(config));
  const daemon = await start(context, "registry", "docker-registry", ["serve", file]);
  return { daemon, url: `http://${address}/v2/`, address };
}

/** The cluster's DNS server, on the host, at the bridge's address. */
export async function startDns(
  context: ServiceContext,
  plane: ControlPlane,
  coredns: string,
): Promise<Service> {
  const [health = 0] = await freePorts("127.0.0.1", [0]);
  const kubeconfig = await componentKubeconfig(context, plane, { file: "coredns", user: "farm:coredns" });
  await grantDns(plane);
  const file = join(context.directory, "Corefile");
  await writeFile(
    file,
    corefile({ address: context.network.host, health, kubeconfig, resolver: hasResolver() }),
  );
  const daemon = await start(context, "coredns", coredns, ["-conf", file]);
  return { daemon, url: `http://127.0.0.1:${health}/ready` };
}

/** kube-proxy for all nodes, which share the machine's network: Services as iptables rules. */
export async function startProxy(
  context: ServiceContext,
  plane: ControlPlane,
  proxy: string,
): Promise<Service> {
  const [health = 0, metrics = 0] = await freePorts("127.0.0.1", [0, 0]);
  const kubeconfig = await componentKubeconfig(context, plane, {
    file: "kube-proxy",
    user: "system:kube-proxy",
  });
  const config = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: context.network.podRange,
    hostnameOverride: context.network.nodes[0]?.name ?? "node-1",
    healthzBindAddress: `127.0.0.1:${health}`,
    metricsBindAddress: `127.0.0.1:${metrics}`,
    clientConnection: { kubeconfig },
    // The machine's connection tracking stays as it is.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    iptables: { localhostNodePorts: false, minSyncPeriod: "200ms" },
  };
  const file = join(context.directory, "kube-proxy.json");
  await writeFile(file, JSON.stringify(config));
  const daemon = await start(context, "kube-proxy", proxy, [`--config=${file}`]);
  return { daemon, url: `http://127.0.0.1:${health}/livez` };
}

/** CoreDNS's configuration. Pods that are not ready yet resolve as soon as their headless Service publishes them. */
function corefile(settings: {
  readonly address: string;
  readonly health: number;
  readonly kubeconfig: string;
  readonly resolver: boolean;
}): string {
  return `.:53 {
    bind ${settings.address}
    errors
    ready 127.0.0.1:${settings.health}
    kubernetes cluster.local in-addr.arpa {
        kubeconfig ${settings.kubeconfig}
        pods insecure
        fallthrough in-addr.arpa
        ttl 5
    }
${settings.resolver ? "    forward . /etc/resolv.conf\n" : ""}}
`;
}

async function grantDns({ admin }: ControlPlane): Promise<void> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const verbs = ["list", "watch"];
  await createObject(admin, `${rbac}/clusterroles`, {
    metadata: { name: "farm:coredns" },
    rules: [
      { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs },
    ],
  });
  await createObject(admin, `${rbac}/clusterrolebindings`, {
    metadata: { name: "farm:coredns" },
    subjects: [{ kind: "User", name: "farm:coredns", apiGroup: "rbac.authorization.k8s.io" }],
    roleRef: { kind: "ClusterRole", name: "farm:coredns", apiGroup: "rbac.authorization.k8s.io" },
  });
}

async function componentKubeconfig(
  context: ServiceContext,
  plane: ControlPlane,
  { file, user }: { readonly file: string; readonly user: string },
): Promise<string> {
  const certificate = await issueCertificate(plane.authority, { file, commonName: user });
  const cluster = { server: plane.server, ca: plane.authority.cert };
  return writeKubeconfig(join(context.directory, `${file}.kubeconfig`), cluster, certificate);
}

function start(context: ServiceContext, name: string, command: string, args: string[]): Promise<Daemon> {
  const logFile = join(context.logs, `${name}.log`);
  return startDaemon({
    name,
    command,
    args,
    logFile,
    lifetime: "detached",
    cgroups: context.cgroups,
    cwd: context.directory,
  });
}

function hasResolver(): boolean {
  return /^nameserver\s+\S/m.test(readFileSync("/etc/resolv.conf", "utf8"));
}
