/** What a build can be asked for; part of the contract. */
export const MODES = ["none", "misconfig", "chaos-recoverable", "chaos-unrecoverable"] as const;
export type Mode = (typeof MODES)[number];

export const NETWORK_FAULTS = ["partition", "loss", "delay"] as const;
export type NetworkFaultName = (typeof NETWORK_FAULTS)[number];

const TEMPLATE_FAULTS = ["misconfig", "command", "env-drift", "replicas-zero"] as const;
export type TemplateFaultName = (typeof TEMPLATE_FAULTS)[number];

/** Everything that can be put into a stack; the names beyond the modes are for tests. */
export const FAULTS = [...TEMPLATE_FAULTS, "cordon", ...NETWORK_FAULTS, "crash-in-tests"] as const;
export type FaultName = (typeof FAULTS)[number];

/** When in its client's life a fault goes in. */
export type FaultMoment = "deployed" | "scheduled" | "running" | "testing";

const MOMENTS: Readonly<Record<FaultName, FaultMoment>> = {
  misconfig: "deployed",
  command: "deployed",
  "env-drift": "deployed",
  "replicas-zero": "deployed",
  // All nodes are cordoned, which must hit the target alone: everybody else has to be placed before.
  cordon: "scheduled",
  partition: "running",
  loss: "running",
  delay: "running",
  "crash-in-tests": "testing",
};

export function momentOf(fault: FaultName): FaultMoment {
  return MOMENTS[fault];
}

export function isNetworkFault(fault: FaultName): fault is NetworkFaultName {
  return (NETWORK_FAULTS as readonly string[]).includes(fault);
}

export function isTemplateFault(fault: FaultName): fault is TemplateFaultName {
  return (TEMPLATE_FAULTS as readonly string[]).includes(fault);
}
