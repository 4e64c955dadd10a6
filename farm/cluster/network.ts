import { run, tryRun } from "./command.ts";
import { farmSuffix } from "./state.ts";

export type FarmNetwork = {
  /** The bridge that carries the API server's, the DNS server's and the nodes' addresses. */
  readonly bridge: string;
  /** The whole range of the farm. */
  readonly range: string;
  readonly host: string;
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly pods: string }[];
  readonly podRange: string;
  readonly serviceRange: string;
};

const bridgeName = () => `bm-farm${farmSuffix()}`;
const forwardChain = () => `BM-FARM${farmSuffix().toUpperCase()}-FORWARD`;
const natChain = () => `BM-FARM${farmSuffix().toUpperCase()}-NAT`;

/** The farm's addresses: one /16, 10.213 unless `BUILD_MEDIC_FARM_SUBNET` names other two first numbers. */
export function farmNetwork(): FarmNetwork {
  const prefix = process.env["BUILD_MEDIC_FARM_SUBNET"] || "10.213";
  if (!/^\d{1,3}\.\d{1,3}$/.test(prefix)) {
    throw new Error(`BUILD_MEDIC_FARM_SUBNET must be two numbers such as 10.213, not "${prefix}".`);
  }
  return {
    bridge: bridgeName(),
    range: `${prefix}.0.0/16`,
    host: `${prefix}.0.1`,
    nodes: [1, 2].map((index) => ({
      name: `node-${index}`,
      address: `${prefix}.0.1${index}`,
      pods: `${prefix}.${index}.0/24`,
    })),
    podRange: `${prefix}.0.0/22`,
    serviceRange: `${prefix}.240.0/20`,
  };
}

/** Makes the bridge and the forwarding rules. Throws one sentence when the machine's network leaves no room for them. */
export async function createNetwork(network: FarmNetwork): Promise<void> {
  await refuseConflicts(network);
  await run("ip", ["link", "add", network.bridge, "type", "bridge"]);
  for (const address of [network.host, ...network.nodes.map((node) => node.address)]) {
    await run("ip", ["address", "add", `${address}/24`, "dev", network.bridge]);
  }
  await run("ip", ["link", "set", network.bridge, "up"]);
  await iptables(`*filter
:${forwardChain()} - [0:0]
-A ${forwardChain()} -s ${network.range} -j ACCEPT
-A ${forwardChain()} -d ${network.range} -j ACCEPT
-I FORWARD 1 -j ${forwardChain()}
COMMIT
*nat
:${natChain()} - [0:0]
-A ${natChain()} -s ${network.podRange} ! -d ${network.range} -j MASQUERADE
-I POSTROUTING 1 -j ${natChain()}
COMMIT
`);
}

/** Takes away the bridge, pods' links, and every rule of ours and of our kube-proxy; does nothing when there is none. */
export async function removeNetwork(): Promise<void> {
  await tryRun("ip", ["link", "delete", bridgeName()]);
  for (const link of await podLinks()) await tryRun("ip", ["link", "delete", link]);
  // The rules of another Kubernetes on this machine are not ours to delete; `up` refuses to run beside one.
  const rules = await tryRun("iptables-save", []);
  if (rules === undefined || !rules.includes(`:${forwardChain()} `)) return;
  const rules6 = (await tryRun("ip6tables-save", [])) ?? "";
  // IPv4 last: its chain is the mark by which an interrupted removal is taken up again.
  if (removalOf(rules6) !== "") await run("ip6tables-restore", ["--noflush"], { input: removalOf(rules6) });
  await iptables(removalOf(rules));
}

/** True when the bridge or a pod's link is there. */
export async function networkExists(): Promise<boolean> {
  if ((await tryRun("ip", ["link", "show", bridgeName()])) !== undefined) return true;
  return (await podLinks()).length > 0;
}

/**
 * This machine's ends of the pods' links. A pod whose peer was cut off can outlive its processes for minutes: connections
 * that nobody holds any more wait for an answer, and keep its network namespace.
 */
async function podLinks(): Promise<string[]> {
  return podLinksIn((await tryRun("ip", ["-4", "route"])) ?? "", farmNetwork().range);
}

/** The links in the output of `ip -4 route` that the nodes' network plugin (ptp) made for pods of a range. Pure. */
export function podLinksIn(routes: string, range: string): string[] {
  const prefix = `${range.split(".").slice(0, 2).join(".")}.`;
  return routes
    .split("\n")
    .filter((route) => route.startsWith(prefix))
    .flatMap((route) => /^[\d.]+ dev (veth\w+) scope host\s*$/.exec(route)?.[1] ?? []);
}

/** Turns the output of `iptables-save` into input for `iptables-restore --noflush` that removes our chains. Pure. */
export function removalOf(saved: string): string {
  return saved
    .split(/^(?=\*)/m)
    .map((table) => removalOfTable(table.split("\n")))
    .join("");
}

function removalOfTable(lines: readonly string[]): string {
  const table = lines.find((line) => line.startsWith("*"));
  const chains = lines.flatMap((line) => /^:((?:KUBE-|BM-FARM-)\S+)/.exec(line)?.[1] ?? []);
  if (table === undefined || chains.length === 0) return "";
  const jumps = lines.filter((line) => {
    const [, chain = "", target = ""] = /^-A (\S+) .*-j (\S+)/.exec(line) ?? [];
    return chains.includes(target) && !chains.includes(chain);
  });
  const removal = [
    table,
    // Naming a chain in the input empties it.
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map((rule) => rule.replace("-A ", "-D ")),
    ...chains.map((chain) => `-X ${chain}`),
    "COMMIT",
  ];
  return `${removal.join("\n")}\n`;
}

async function refuseConflicts(network: FarmNetwork): Promise<void> {
  const routes = await run("ip", ["-4", "route"]);
  const prefix = network.range.split(".").slice(0, 2).join(".");
  const taken = routes.split("\n").find((line) => line.startsWith(`${prefix}.`));
  if (taken !== undefined) {
    throw new Error(
      `this machine already has a route in ${network.range} (${taken.trim()}); set BUILD_MEDIC_FARM_SUBNET to another range, such as 10.214.`,
    );
  }
  const rules = await run("iptables-save", []);
  if (rules.includes(":KUBE-SERVICES")) {
    throw new Error(
      "this machine already runs a Kubernetes node (its iptables have KUBE-SERVICES); use that cluster with `farm up --kubeconfig FILE`, or `farm up --provider kwok`.",
    );
  }
}

async function iptables(rules: string): Promise<void> {
  await run("iptables-restore", ["--noflush"], { input: rules });
}
