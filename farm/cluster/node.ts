import { mkdir, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { issueCertificate, type Authority } from "./certificates.ts";
import { createCgroup } from "./cgroups.ts";
import { startDaemon, type Daemon } from "./daemon.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import {
  cniConfig,
  containerdConfig,
  initScript,
  kubeletConfig,
  registryHosts,
  type NodeSettings,
} from "./node-files.ts";

export type NodeOptions = Omit<NodeSettings, "caFile" | "certFile" | "keyFile"> & {
  readonly server: string;
  readonly authority: Authority;
  readonly kubelet: string;
  readonly pauseArchive: string;
};

/** Directories that a kubelet and its containers use under their usual names; the host only lends the names. */
export const lentDirectories = ["/var/lib/kubelet", "/var/lib/cni"] as const;

/** Starts one real node: containerd and kubelet under a first process that takes everything with it when it ends. */
export async function startNode(options: NodeOptions): Promise<Daemon> {
  const { name, directory, authority } = options;
  await rm(directory, { recursive: true, force: true });
  const hosts = `certs.d/${options.registry}`;
  for (const part of ["cni", "cni-cache", "cni-addresses", "kubelet", "log", "pki", "containerd", hosts]) {
    await mkdir(join(directory, part), { recursive: true });
  }
  for (const lent of lentDirectories) await mkdir(lent, { recursive: true });
  const settings = await identify(options);
  const write = (file: string, content: string) => writeFile(join(directory, file), content);
  await write("containerd.toml", containerdConfig(settings));
  await write(join(hosts, "hosts.toml"), registryHosts(settings));
  await write("cni/10-farm.conflist", JSON.stringify(cniConfig(settings)));
  await write("kubelet.json", JSON.stringify(kubeletConfig(settings), undefined, 2));
  await write("resolv.conf", readFileSync("/etc/resolv.conf", "utf8"));
  await write("init.sh", initScript(settings, options));
  createCgroup(name);
  const namespaces = ["--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc"];
  return startDaemon({
    name,
    command: "unshare",
    args: [...namespaces, "/bin/sh", join(directory, "init.sh")],
    logFile: join(directory, "log", "init.log"),
    lifetime: "detached",
    // Not the kubelet's own cgroup root: in cgroup v2 a cgroup with children holds no processes.
    cgroups: createCgroup(`${name}-system`),
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", HOME: directory },
  });

  async function identify(node: NodeOptions): Promise<NodeSettings> {
    const certificate = await issueCertificate(authority, {
      file: node.name,
      commonName: `system:node:${node.name}`,
      organizations: ["system:nodes"],
      hosts: [node.address, node.name],
    });
    const cluster = { server: node.server, ca: authority.cert };
    await writeKubeconfig(join(directory, "kubelet.kubeconfig"), cluster, certificate);
    const { certFile, keyFile } = certificate;
    return { ...node, caFile: authority.certFile, certFile, keyFile };
  }
}
