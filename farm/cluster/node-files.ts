import { join } from "node:path";
import { nodeCgroupRoot } from "./cgroups.ts";

export type NodeSettings = {
  readonly name: string;
  /** Directory of this node on the host. */
  readonly directory: string;
  /** The node's address on the farm's bridge. */
  readonly address: string;
  /** Range of its pods. */
  readonly pods: string;
  readonly dns: string;
  readonly registry: string;
  readonly healthPort: number;
  readonly pauseImage: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
};

/** containerd's configuration: everything in the node's own directories, images from the loopback registry. */
export function containerdConfig(node: NodeSettings): string {
  return `version = 2
root = "${join(node.directory, "containerd")}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "${containerdSocket(node)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${node.pauseImage}"
  # A machine without CAP_SYS_RESOURCE may not lower a process's OOM score; sandboxes would fail.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  max_concurrent_downloads = 4
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(node.directory, "cni")}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${join(node.directory, "certs.d")}"
`;
}

/** Tells containerd that the loopback registry speaks plain HTTP. */
export function registryHosts(node: NodeSettings): string {
  return `server = "http://${node.registry}"\n[host."http://${node.registry}"]\n  capabilities = ["pull", "resolve"]\n`;
}

/**
 * The pod network: a point-to-point link per pod, routed by the host. Without a bridge between pods, the host's
 * connection tracking sees both directions of every Service connection.
 */
export function cniConfig(node: NodeSettings): object {
  return {
    cniVersion: "0.4.0",
    name: node.name,
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        mtu: 1500,
        ipam: {
          type: "host-local",
          dataDir: join(node.directory, "cni-addresses"),
          ranges: [[{ subnet: node.pods }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

export function kubeletConfig(node: NodeSettings): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: node.address,
    port: 10250,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    healthzPort: node.healthPort,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: node.caFile },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: node.certFile,
    tlsPrivateKeyFile: node.keyFile,
    containerRuntimeEndpoint: `unix://${containerdSocket(node)}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: nodeCgroupRoot(node.name),
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    clusterDNS: [node.dns],
    clusterDomain: "cluster.local",
    resolvConf: join(node.directory, "resolv.conf"),
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    // The disk is the machine's, not the farm's: nothing is evicted or collected before it is really full.
    evictionHard: {
      "memory.available": "50Mi",
      "nodefs.available": "1%",
      "nodefs.inodesFree": "1%",
      "imagefs.available": "1%",
    },
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
  };
}

/**
 * The first process of a node. It runs in process and mount namespaces of its own, so that everything on the node
 * (containerd, kubelet, every container, every mount) ends with it, and the host sees none of the mounts.
 */
export function initScript(node: NodeSettings, programs: { kubelet: string; pauseArchive: string }): string {
  const q = (path: string) => `'${path}'`;
  const at = (name: string) => q(join(node.directory, name));
  const kubelet = [
    q(programs.kubelet),
    `--config=${at("kubelet.json")}`,
    `--kubeconfig=${at("kubelet.kubeconfig")}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--cert-dir=${at("pki")}`,
  ].join(" ");
  return `#!/bin/sh
set -e
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind ${at("log")} /var/log
mount --bind ${at("kubelet")} /var/lib/kubelet
mount --bind ${at("cni-cache")} /var/lib/cni
set +e
again() { while :; do "$@"; echo "$1 ended with code $?; starting it again"; sleep 1; done; }
again containerd --config ${at("containerd.toml")} >> ${at("log/containerd.log")} 2>&1 &
until ctr --address ${q(containerdSocket(node))} version > /dev/null 2>&1; do sleep 0.1; done
ctr --address ${q(containerdSocket(node))} --namespace k8s.io images import ${q(programs.pauseArchive)} >> ${at("log/containerd.log")} 2>&1
again ${kubelet} >> ${at("log/kubelet.log")} 2>&1 &
wait
`;
}

/** On a path of the host, so that `ctr` and `crictl` reach the node's containerd from there. */
function containerdSocket(node: Pick<NodeSettings, "directory">): string {
  return join(node.directory, "containerd.sock");
}
