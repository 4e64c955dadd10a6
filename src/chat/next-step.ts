import { type Reason, Reasons } from "../core/finding.ts";

const FIX_INTENT =
  "Correct the `medic/expected-…` annotations where the build writes them, then start the build again.";
const FIND_WRITER =
  "Find out who keeps changing the StatefulSet: its `metadata.managedFields` name the writer of every field.";
const FIX_NODE =
  "Ask the owner of the node to look at it, and start the build again on another node meanwhile.";
const FIX_STORAGE =
  "Look at the claim, its volume and the VolumeAttachment; a disk may still be held by another node.";
const FIX_IMAGE =
  "Check that the image was built and pushed under exactly this name; if it has another one, correct that where the build declares it.";
const FIX_REGISTRY =
  "Check the registry and the way to it from the nodes; the build can start again when a pull works.";
const READ_LOGS =
  "Read the last log of the container. If the code under test fails at its start, the red build is right; else look at what it depends on.";
const FIX_REFERENCE =
  "Check the ConfigMap, Secret or command that the container names against what the build created.";
const FREE_CAPACITY =
  "Free or add nodes that match the pod's requests, selector and tolerations; then it schedules by itself.";
const STORM =
  "Look at what the stuck stacks share (nodes, registry, DNS, network) before looking at any one of them.";
const LOOK = "Look at the stack before the build is torn down.";

const STEPS: Readonly<Record<Reason, string>> = {
  IntentInvalid: FIX_INTENT,
  IntentAmbiguous:
    "Declare `medic/expected-template` for this StatefulSet: it says which container is meant.",
  IntentConflict: FIX_INTENT,
  IntentRejected: FIX_INTENT,
  IntentMissing:
    "Let the build declare the intent of this StatefulSet; until then nothing on it can be repaired.",
  IntentUnverified: "Check that the API server answers dry-run requests, admission webhooks included.",
  ImageDrift: FIND_WRITER,
  ReplicasDrift: FIND_WRITER,
  CommandDrift: FIND_WRITER,
  TemplateDrift: FIND_WRITER,
  PodDrift: FIND_WRITER,
  StaleRevision: "Delete the old pod so that the StatefulSet makes it anew from its current template.",
  PartitionHeld:
    "Set `spec.updateStrategy.rollingUpdate.partition` of the StatefulSet to 0, or say why it is held.",
  ImageNotFound: FIX_IMAGE,
  ImagePlatformMismatch:
    "Build the image for the platform of this node, or keep the pod on nodes that it fits.",
  ImageNameInvalid: "Correct the name of the image where the build sets it: it cannot be parsed.",
  ImagePullDenied: "Check the pull secret of the namespace and the rights of its account at the registry.",
  ImagePullThrottled:
    "Wait until the registry's limit resets, or pull through a mirror; restarting pods makes it worse.",
  ImagePullNetwork: FIX_REGISTRY,
  ImagePullFailed: FIX_REGISTRY,
  SandboxTimeout: FIX_NODE,
  SandboxNetwork: "Ask the owner of the node to look at its network plugin; other nodes may still work.",
  SandboxFailed: FIX_NODE,
  VolumeAttachFailed: FIX_STORAGE,
  VolumeMountFailed: FIX_STORAGE,
  VolumeClaimUnbound: "Check the claim's storage class and whether its provisioner works and has space.",
  NodesCordoned:
    "Ask whoever cordoned the nodes; when that work is over, `kubectl uncordon NODE` each of them: the pod then schedules by itself.",
  NoCapacity: FREE_CAPACITY,
  NodeTainted: FREE_CAPACITY,
  NodeSelectorMismatch: FREE_CAPACITY,
  Unschedulable: FREE_CAPACITY,
  NodeLost: FIX_NODE,
  PodTerminating:
    "Look at the old pod's node and finalizers. Do not force the deletion of a database's pod while its node may be alive.",
  PodCreateForbidden:
    "Read what the API server refuses (quota, admission, pod security) and correct it in the namespace.",
  PodMissing: "Check that the StatefulSet controller works; nothing says why it does not make the pod.",
  PodRejected: FIX_NODE,
  ContainerConfigError: FIX_REFERENCE,
  ContainerCannotRun: FIX_REFERENCE,
  CrashLoop: READ_LOGS,
  OutOfMemory: "Raise the memory limit, or find out why the container now needs more than it used to.",
  ProbeFailed:
    "Check what the readiness probe asks for. Often it is the way to the database: DNS, network policy, a partition.",
  StackIncomplete: "Check the deployment step of this client: part of the stack was never made or is gone.",
  ImagePulling: "Check the registry and the node's disk: the pull takes far longer than it should.",
  Starting: LOOK,
  DependencyNotReady: "Look at the database of this stack first: the server only waits for it.",
  RepairDidNotHold:
    "Find what breaks it again: `metadata.managedFields` of the StatefulSet names the writer of every field, and the events say what the pod still lacks.",
  RepairRefused:
    "Decide whether the medic may do this (the root cause says what forbade it), or do it by hand.",
  Storm: STORM,
  NotReady: LOOK,
};

/** What a person does next about a reason, as one or two sentences. An unknown reason gets general advice. */
export function nextStep(reason: string): string {
  return isReason(reason) ? STEPS[reason] : LOOK;
}

/** Why nothing was tried, for a message without attempts. */
export function whyUntried(reason: string): string {
  if (reason.startsWith("Intent")) return "without an intent that can be read, any repair would be a guess";
  if (reason === "RepairRefused") return "the repair is known, but the medic may not carry it out";
  if (reason === "Storm") return "when many stacks are ill at once the medic changes nothing";
  return "the medic knows no safe repair for this";
}

/** The reason in words, or `undefined` when it is not in the catalogue. */
export function reasonInWords(reason: string): string | undefined {
  return isReason(reason) ? Reasons[reason] : undefined;
}

function isReason(reason: string): reason is Reason {
  return Object.hasOwn(Reasons, reason);
}
