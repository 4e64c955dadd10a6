import { join } from "node:path";

export type ControlPlaneLayout = {
  readonly directory: string;
  readonly bindAddress: string;
  readonly serviceCidr: string;
  readonly ports: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly api: number;
    readonly controllerManager: number;
    readonly scheduler: number;
  };
};

/** Every request once, when it is answered: who, what, which object, which status; no bodies, unless the rules say so. */
export function auditPolicy(rules: readonly object[] = [{ level: "Metadata" }]): object {
  return {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived", "ResponseStarted"],
    rules,
  };
}

/** etcd for a cluster that may be lost: nothing is synced to disk. */
export function etcdArguments({ directory, ports }: ControlPlaneLayout): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    "--name=farm",
    `--data-dir=${join(directory, "etcd")}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=farm=${peer}`,
    "--auto-compaction-mode=periodic",
    "--auto-compaction-retention=1h",
    "--quota-backend-bytes=4294967296",
    // As kubeadm and k3s have it. Without it, watches of what does not change are told nothing at all for ten minutes.
    "--experimental-watch-progress-notify-interval=5s",
    "--log-level=warn",
  ];
}

/** The API server: RBAC and node authorization on, everything in the audit log. */
export function apiServerArguments({
  directory,
  bindAddress,
  serviceCidr,
  ports,
}: ControlPlaneLayout): string[] {
  const file = (name: string) => join(directory, "pki", name);
  // The `kubernetes` Service may not point to a loopback address, so then it gets no endpoint at all.
  const reconciler = bindAddress.startsWith("127.") ? "none" : "lease";
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--bind-address=${bindAddress}`,
    `--secure-port=${ports.api}`,
    `--endpoint-reconciler-type=${reconciler}`,
    `--tls-cert-file=${file("apiserver.crt")}`,
    `--tls-private-key-file=${file("apiserver.key")}`,
    `--client-ca-file=${file("ca.crt")}`,
    `--kubelet-certificate-authority=${file("ca.crt")}`,
    `--kubelet-client-certificate=${file("admin.crt")}`,
    `--kubelet-client-key=${file("admin.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${file("service-accounts.pub")}`,
    `--service-account-signing-key-file=${file("service-accounts.key")}`,
    `--service-cluster-ip-range=${serviceCidr}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--profiling=false",
    // Debian's etcd 3.4 cannot serve streaming lists. Said at once, clients list instead; otherwise those that prefer
    // streams (client-go 0.35 and newer, so KWOK) lose every watch after a moment and see changes seconds late.
    "--feature-gates=WatchList=false",
    `--audit-policy-file=${join(directory, "audit-policy.json")}`,
    `--audit-log-path=${join(directory, "audit.log")}`,
    "--audit-log-format=json",
    // Tests count requests in the one file, so it is not rotated before it holds a gigabyte.
    "--audit-log-maxsize=1024",
    "--audit-log-maxbackup=1",
  ];
}

export function controllerManagerArguments({ directory, ports }: ControlPlaneLayout): string[] {
  const kubeconfig = join(directory, "controller-manager.kubeconfig");
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${ports.controllerManager}`,
    "--leader-elect=false",
    `--service-account-private-key-file=${join(directory, "pki", "service-accounts.key")}`,
    `--root-ca-file=${join(directory, "pki", "ca.crt")}`,
    "--use-service-account-credentials=true",
    // Hundreds of pods come and go at once; the defaults (20 a second) would be the bottleneck.
    "--kube-api-qps=300",
    "--kube-api-burst=600",
    "--concurrent-statefulset-syncs=20",
    "--profiling=false",
  ];
}

export function schedulerArguments({ directory, ports }: ControlPlaneLayout): string[] {
  const kubeconfig = join(directory, "scheduler.kubeconfig");
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${ports.scheduler}`,
    "--leader-elect=false",
    "--kube-api-qps=300",
    "--kube-api-burst=600",
    "--profiling=false",
  ];
}
