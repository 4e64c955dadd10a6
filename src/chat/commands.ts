import type { EscalationMessage } from "../core/escalation.ts";
import { type Reason, Reasons } from "../core/finding.ts";

type Look =
  | "pod"
  | "last-log"
  | "log"
  | "writers"
  | "set"
  | "events"
  | "nodes"
  | "claims"
  | "disks"
  | "stack";

const DRIFT: readonly Look[] = ["writers", "pod"];
const PLACE: readonly Look[] = ["nodes", "pod"];
const DISK: readonly Look[] = ["pod", "claims", "disks"];
const MAKING: readonly Look[] = ["set", "events"];

/** What to look at first; every other reason is looked at at its pod. */
const LOOKS: Partial<Readonly<Record<Reason, readonly Look[]>>> = {
  IntentInvalid: ["set"],
  IntentAmbiguous: ["set"],
  IntentConflict: ["set"],
  IntentRejected: ["set"],
  IntentMissing: ["set"],
  IntentUnverified: ["set"],
  ImageDrift: DRIFT,
  ReplicasDrift: DRIFT,
  CommandDrift: DRIFT,
  TemplateDrift: DRIFT,
  PodDrift: DRIFT,
  StaleRevision: DRIFT,
  PartitionHeld: ["set"],
  RepairDidNotHold: DRIFT,
  RepairRefused: DRIFT,
  SandboxTimeout: PLACE,
  SandboxNetwork: PLACE,
  SandboxFailed: PLACE,
  NodesCordoned: PLACE,
  NoCapacity: PLACE,
  NodeTainted: PLACE,
  NodeSelectorMismatch: PLACE,
  Unschedulable: PLACE,
  NodeLost: PLACE,
  PodTerminating: PLACE,
  PodRejected: PLACE,
  VolumeAttachFailed: DISK,
  VolumeMountFailed: DISK,
  VolumeClaimUnbound: ["claims", "events"],
  PodCreateForbidden: MAKING,
  PodMissing: MAKING,
  CrashLoop: ["last-log", "pod"],
  OutOfMemory: ["last-log", "pod"],
  ContainerCannotRun: ["pod", "last-log"],
  ProbeFailed: ["log", "pod"],
  DependencyNotReady: ["stack", "log"],
  StackIncomplete: ["stack", "events"],
  NotReady: ["pod", "log"],
};

/**
 * Lines to copy into a shell. Names come from the cluster, so a line with one that could mean anything to a shell is left
 * out.
 */
export function commandsFor(message: EscalationMessage): readonly string[] {
  if (message.reason === "Storm") {
    return ["kubectl get nodes", "kubectl get pods -A -l medic/role -o wide", "build-medic diagnose"];
  }
  const { namespace } = message;
  if (!isName(namespace)) return [];
  const looks = looksFor(message.reason);
  const lines = looks.flatMap((look) => commandOf(look, message) ?? commandOf("stack", message) ?? []);
  return [...new Set([...lines, `build-medic diagnose -n ${namespace}`])];
}

function looksFor(reason: string): readonly Look[] {
  return (Object.hasOwn(Reasons, reason) ? LOOKS[reason as Reason] : undefined) ?? ["pod"];
}

/** `undefined` when what it names is not known. */
function commandOf(look: Look, { namespace, pod, stack, client }: EscalationMessage): string | undefined {
  const set = stack.split(" ", 1)[0] ?? "";
  const of = (name: string, line: string): string | undefined => (isName(name) ? line : undefined);
  switch (look) {
    case "pod":
      return of(pod, `kubectl describe pod -n ${namespace} ${pod}`);
    case "last-log":
      return of(pod, `kubectl logs -n ${namespace} ${pod} --previous --tail=50`);
    case "log":
      return of(pod, `kubectl logs -n ${namespace} ${pod} --tail=50`);
    case "writers":
      return of(set, `kubectl get statefulset -n ${namespace} ${set} -o yaml --show-managed-fields`);
    case "set":
      return of(set, `kubectl describe statefulset -n ${namespace} ${set}`);
    case "stack":
      return of(client, `kubectl get statefulsets,pods -n ${namespace} -l medic/client=${client} -o wide`);
    case "events":
      return `kubectl get events -n ${namespace} --sort-by=.lastTimestamp`;
    case "claims":
      return `kubectl get pvc -n ${namespace}`;
    case "disks":
      return "kubectl get volumeattachments";
    case "nodes":
      return "kubectl get nodes";
  }
}

/** Of a namespace, pod, StatefulSet or client; longer ones than a label can hold do not fit on a line. */
function isName(text: string): boolean {
  return /^[A-Za-z0-9](?:[-A-Za-z0-9.]{0,61}[A-Za-z0-9])?$/.test(text);
}
