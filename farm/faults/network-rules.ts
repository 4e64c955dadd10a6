import type { NetworkFaultName } from "./catalogue.ts";
import type { Role } from "./stack-objects.ts";

/** The one port that the two halves of a stack talk over. */
export const DB_PORT = 5432;
/** Where the delaying proxy listens in the database pod's network namespace. */
export const PROXY_PORT = 15_432;
/** Longer than the server's own limit for a query, each way. */
export const DELAY_MS = 3000;
/** Of the packets that pass one end; a packet has to pass both, so 88 % are lost each way. */
export const LOSS_PER_END = 0.65;

/** Our rules live in chains of this name, so that they can be told from the pod's own and removed whole. */
export const CHAIN = "FARM-FAULT";

/** The pod's own interface: what goes over `lo` (the database's own health check) is never touched. */
const INTERFACE = "eth0";

/** Arguments for one call of iptables. */
export type Rule = readonly string[];

/** One of the two pods, and the address that its node speaks to it from. */
export interface PodEnd {
  readonly role: Role;
  readonly gateway?: string | undefined;
}

/**
 * The rules for one end of a stack. Both ends get them, by port and not by address, so that a pod that is recreated
 * finds the fault at the other end before it has rules of its own.
 */
export function rulesFor(fault: NetworkFaultName, end: PodEnd): readonly Rule[] {
  const { role } = end;
  switch (fault) {
    case "partition":
      return [...filterHooks(), ...exemptNode(end), ...bothWays(role, ["-j", "DROP"])];
    case "loss": {
      const statistic = ["-m", "statistic", "--mode", "random", "--probability", String(LOSS_PER_END)];
      return [...filterHooks(), ...exemptNode(end), ...bothWays(role, [...statistic, "-j", "DROP"])];
    }
    case "delay":
      return role === "db" ? delayRules() : [];
  }
}

/** Undoes `rulesFor` of any fault and role; each call may fail because there was nothing to undo. */
export function removalRules(): readonly Rule[] {
  const tables: readonly (readonly [string, readonly string[]])[] = [
    ["filter", ["INPUT", "OUTPUT"]],
    ["nat", ["PREROUTING"]],
  ];
  return tables.flatMap(([table, hooks]) => [
    ...hooks.map((hook) => ["-t", table, "-D", hook, "-j", CHAIN]),
    ["-t", table, "-F", CHAIN],
    ["-t", table, "-X", CHAIN],
  ]);
}

function filterHooks(): readonly Rule[] {
  return [
    ["-N", CHAIN],
    ["-I", "INPUT", "-j", CHAIN],
    ["-I", "OUTPUT", "-j", CHAIN],
  ];
}

/** The kubelet's own probes come from the gateway: a fault between two pods must not make it restart one of them. */
function exemptNode({ gateway }: PodEnd): readonly Rule[] {
  if (gateway === undefined) return [];
  return [
    ["-A", CHAIN, "-s", gateway, "-j", "RETURN"],
    ["-A", CHAIN, "-d", gateway, "-j", "RETURN"],
  ];
}

function bothWays(role: Role, verdict: readonly string[]): readonly Rule[] {
  const [incoming, outgoing] = role === "db" ? ["--dport", "--sport"] : ["--sport", "--dport"];
  const port = String(DB_PORT);
  return [
    ["-A", CHAIN, "-i", INTERFACE, "-p", "tcp", incoming, port, ...verdict],
    ["-A", CHAIN, "-o", INTERFACE, "-p", "tcp", outgoing, port, ...verdict],
  ];
}

/** New connections go to the delaying proxy; those from before the fault, which bypass NAT, are reset. */
function delayRules(): readonly Rule[] {
  const match = ["-i", INTERFACE, "-p", "tcp", "--dport", String(DB_PORT)];
  return [
    ["-t", "nat", "-N", CHAIN],
    ["-t", "nat", "-I", "PREROUTING", "-j", CHAIN],
    ["-t", "nat", "-A", CHAIN, ...match, "-j", "REDIRECT", "--to-ports", String(PROXY_PORT)],
    ["-N", CHAIN],
    ["-I", "INPUT", "-j", CHAIN],
    ["-A", CHAIN, ...match, "-j", "REJECT", "--reject-with", "tcp-reset"],
  ];
}
