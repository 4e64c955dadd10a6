import { nameOf } from "./intent.ts";
import { isJsonObject, jsonEqual } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * What a new pod template would allow beyond the live one: host namespaces and paths, privileged containers, another
 * service account, more capabilities, containers that were not there. Empty when it widens nothing.
 */
export function widenings(live: JsonObject, wanted: JsonObject): readonly string[] {
  const [before, after] = [specOf(live), specOf(wanted)];
  return [
    ...["hostNetwork", "hostPID", "hostIPC"].filter((key) => after[key] === true && before[key] !== true),
    ...(changed(before["serviceAccountName"], after["serviceAccountName"])
      ? ["another service account"]
      : []),
    ...(after["automountServiceAccountToken"] === true && before["automountServiceAccountToken"] === false
      ? ["the service account's token"]
      : []),
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
  const added = strings(object(now["capabilities"])["add"]).filter(
    (capability) => !strings(object(old["capabilities"])["add"]).includes(capability),
  );
  return [
    ...["privileged", "allowPrivilegeEscalation"].filter((key) => now[key] === true && old[key] !== true),
    ...added.map((capability) => `capability ${capability}`),
    ...(now["procMount"] === "Unmasked" && old["procMount"] !== "Unmasked" ? ["an unmasked /proc"] : []),
  ];
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
