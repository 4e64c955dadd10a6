/** Every reason the medic can give, a stable CamelCase code each. A reason never changes its meaning. */
export const Reasons = {
  // Declared intent that cannot be used: never a guess, never a write.
  IntentInvalid: "An intent annotation cannot be read.",
  IntentAmbiguous: "The intent names one image or command, but the pod has several containers.",
  IntentConflict: "Two intent annotations contradict each other.",
  IntentRejected: "The API server does not accept the declared template.",
  IntentMissing: "The StatefulSet declares no intent.",
  IntentUnverified: "Whether the template differs from the intent could not be asked.",
  // Drift from the declared intent: tier 1 repairs it.
  ImageDrift: "The image differs from the declared one.",
  ReplicasDrift: "The number of replicas differs from the declared one.",
  CommandDrift: "The command differs from the declared one.",
  TemplateDrift: "The pod template differs from the declared one.",
  PodDrift: "A pod differs from the template it was made from.",
  StaleRevision: "A pod is stuck on an older revision than its StatefulSet asks for.",
  PartitionHeld: "The update partition keeps the pod on its old revision.",
  // The environment.
  ImageNotFound: "The registry does not have the image.",
  ImagePlatformMismatch: "The image has no variant for this node.",
  ImageNameInvalid: "The image name cannot be parsed.",
  ImagePullDenied: "The registry refuses access to the image.",
  ImagePullThrottled: "The registry limits the rate of pulls.",
  ImagePullNetwork: "The registry cannot be reached from the node.",
  ImagePullFailed: "The image cannot be pulled.",
  SandboxTimeout: "The container runtime does not finish the pod's sandbox.",
  SandboxNetwork: "The pod's network cannot be set up.",
  SandboxFailed: "The pod's sandbox cannot be created.",
  VolumeAttachFailed: "A volume cannot be attached.",
  VolumeMountFailed: "A volume cannot be mounted.",
  VolumeClaimUnbound: "A volume claim is not bound.",
  NodesCordoned: "No node may take the pod: they are cordoned.",
  NoCapacity: "No node has room for the pod.",
  NodeTainted: "No node's taints are tolerated by the pod.",
  NodeSelectorMismatch: "No node matches the pod's node selector or affinity.",
  Unschedulable: "The scheduler finds no node for the pod.",
  NodeLost: "The pod's node is not ready.",
  PodTerminating: "The old pod does not go away, so its successor cannot be made.",
  PodCreateForbidden: "The API server refuses to create the pod.",
  PodMissing: "The StatefulSet has no pod.",
  PodRejected: "The kubelet or the node ended the pod.",
  ContainerConfigError: "The container refers to something that is missing.",
  ContainerCannotRun: "The container's command cannot be started.",
  CrashLoop: "The container starts and ends again and again.",
  OutOfMemory: "The container was killed for using too much memory.",
  ProbeFailed: "The container runs but its readiness probe fails.",
  StackIncomplete: "Part of the stack is missing.",
  // Progress: nothing is wrong yet.
  ImagePulling: "The image is being pulled.",
  Starting: "The pod is starting.",
  DependencyNotReady: "The server waits for its database.",
  // What the medic itself did not manage.
  RepairDidNotHold: "The repair was applied but the stack did not become ready, or the trouble came back.",
  RepairRefused: "The repair is known but the medic may not carry it out.",
  Storm: "Many stacks have the same trouble at once: the patient is the farm.",
  NotReady: "The stack is not ready and nothing known explains it.",
} as const;

export type Reason = keyof typeof Reasons;

/** What to do about a finding. `drift`: tier 1 can repair it; `wait`: it may pass by itself; `beyond`: outside the playbook. */
export type FindingClass = "drift" | "wait" | "beyond" | "intent";

/** One thing found wrong (or in progress) in a stack. */
export interface Finding {
  readonly reason: Reason;
  readonly class: FindingClass;
  /** `StatefulSet/server-0`, `Pod/server-0-0`, `Node/node-1`. */
  readonly subject: string;
  /** One sentence for people, with the evidence in it. */
  readonly message: string;
  /** Since when, in epoch milliseconds. */
  readonly since: number;
  /** True for a state that does not pass by itself: no debounce. */
  readonly terminal: boolean;
  /** Until when waiting is right, in epoch milliseconds; only with class `wait`. */
  readonly patienceUntil?: number;
}
