import { nameOf } from "./intent.ts";
import { isJsonObject, jsonEqual } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * What a new pod template would allow beyond the live one: host namespaces, paths and processes, privileged containers,
 * another service account, more capabilities, containers that were not there. Empty when it widens nothing.
 */
export function widenings(live: JsonObject, wanted: JsonObject): readonly string[] {
  const [before, after] = [specOf(live), specOf(wanted)];
  return [
    ...["hostNetwork", "hostPID", "hostIPC"].filter((key) => after[key] === true && before[key] !== true),
    ...(changed(before["serviceAccountName"], after["serviceAccountName"])
      ? ["another service account"]
      : []),
    // Absent means mounted.
    ...(before["automountServiceAccountToken"] === false && after["automountServiceAccountToken"] !== false
      ? ["the service account's token"]
      : []),
    ...(isHostProcess(after) && !isHostProcess(before) ? ["hostProcess"] : []),
    ...hostPaths(after)
      .filter((path) => !hostPaths(before).includes(path))
      .map((path) => `host path ${path}`),
    ...containerWidenings(before, after),
  ];
}

const CONTAINER_LISTS = ["containers", "initContainers", "ephemeralContainers"];

function containerWidenings(before: JsonObject, after: JsonObject): string[] {
  return CONTAINER_LISTS.flatMap((list) =>
    objects(after[list]).flatMap((container) => {
      const name = nameOf(container);
      const old = objects(before[list]).find((candidate) => candidate["name"] === container["name"]);
      return old === undefined
        ? [`container ${name}`]
        : securityWidenings(old, container).map((what) => `${what} for ${name}`);
    }),
  );
}

function securityWidenings(before: JsonObject, after: JsonObject): string[] {
  const [old, now] = [object(before["securityContext"]), object(after["securityContext"])];
  const [oldCapabilities, capabilities] = [object(old["capabilities"]), object(now["capabilities"])];
  const added = without(strings(capabilities["add"]), strings(oldCapabilities["add"]));
  const kept = without(strings(oldCapabilities["drop"]), strings(capabilities["drop"]));
  // Absent means allowed.
  const escalates = old["allowPrivilegeEscalation"] === false && now["allowPrivilegeEscalation"] !== false;
  return [
    ...(now["privileged"] === true && old["privileged"] !== true ? ["privileged"] : []),
    ...(escalates ? ["allowPrivilegeEscalation"] : []),
    ...added.map((capability) => `capability ${capability}`),
    ...kept.map((capability) => `capability ${capability} no longer dropped`),
    ...(now["procMount"] === "Unmasked" && old["procMount"] !== "Unmasked" ? ["an unmasked /proc"] : []),
    ...(isHostProcess(after) && !isHostProcess(before) ? ["hostProcess"] : []),
  ];
}

/** On Windows what privileged is on Linux; for a whole pod or one container. */
function isHostProcess({ securityContext }: JsonObject): boolean {
  return object(object(securityContext)["windowsOptions"])["hostProcess"] === true;
}

function without(these: readonly string[], those: readonly string[]): readonly string[] {
  return these.filter((entry) => !those.includes(entry));
}

function hostPaths(spec: JsonObject): string[] {
  return objects(spec["volumes"]).flatMap((volume) => {
    const path = object(volume["hostPath"])["path"];
    return typeof path === "string" ? [path] : [];
  });
}

function changed(before: Json | undefined, after: Json | undefined): boolean {
  return !jsonEqual(before ?? "default", after ?? "default");
}

function specOf(template: JsonObject): JsonObject {
  return object(template["spec"]);
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function strings(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
