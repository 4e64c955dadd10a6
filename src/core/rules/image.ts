import type { Reason } from "../finding.ts";
import { brief, Durations, lastStepAt, patient, podFinding } from "./rule.ts";
import type { Case, PodRule } from "./rule.ts";

const { SECOND, MINUTE } = Durations;
const WAITS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);

/** What the text of a failed pull means, most specific first, and how long waiting is right. 0 = it does not pass. */
const CAUSES: readonly (readonly [RegExp, Reason, number])[] = [
  [/no match for platform in manifest/i, "ImagePlatformMismatch", 0],
  [/429 too many requests|toomanyrequests|pull qps exceeded/i, "ImagePullThrottled", 10 * MINUTE],
  [
    /401 unauthorized|403 forbidden|pull access denied|no basic auth|failed to authorize|unauthorized: auth|insufficient_scope/i,
    "ImagePullDenied",
    40 * SECOND,
  ],
  [
    /manifest unknown|failed to resolve reference.*: not found|name unknown|repository .*not found/i,
    "ImageNotFound",
    0,
  ],
  [
    /no such host|i\/o timeout|connection refused|no route to host|handshake timeout|connection reset|server misbehaving|50[0234] |context canceled|unexpected eof/i,
    "ImagePullNetwork",
    90 * SECOND,
  ],
];

/** The container's image cannot be had. */
export const imageRule: PodRule = (input) => {
  const [container] = input.pod.containers.flatMap(({ name, image, waiting }) =>
    waiting !== undefined && WAITS.has(waiting.reason) ? [{ name, image, waiting }] : [],
  );
  if (container === undefined) return undefined;
  const text = failureText(container.waiting.message, input);
  const [reason, patience] = causeOf(container.waiting.reason, text);
  // Not the events' times: those of an event that repeats move on with it.
  const since = lastStepAt(input.pod);
  const message = `${input.pod.name} cannot get the image ${container.image} of container ${container.name}: ${brief(text) || container.waiting.reason}`;
  const verdict = { reason, message, since, terminal: patience === 0 };
  return patience === 0
    ? podFinding(input.pod, { ...verdict, class: "beyond" })
    : patient(input.pod, input.at, verdict, patience);
};

function causeOf(waiting: string, text: string): readonly [Reason, number] {
  if (waiting === "InvalidImageName") return ["ImageNameInvalid", 0];
  if (waiting === "ErrImageNeverPull") return ["ImageNotFound", 0];
  const cause = CAUSES.find(([pattern]) => pattern.test(text));
  return cause ? [cause[1], cause[2]] : ["ImagePullFailed", 40 * SECOND];
}

/** The waiting message carries the cause on current kubelets; older ones only say it in the newest event. */
function failureText(waiting: string, { events }: Case): string {
  if (waiting.length > 0 && !/^back-off pulling image "[^"]*"$/i.test(waiting)) return waiting;
  const failed = events.findLast(({ message }) =>
    /failed to (pull|inspect) image|default image tag/i.test(message),
  );
  return failed?.message ?? waiting;
}
