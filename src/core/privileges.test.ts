import assert from "node:assert/strict";
import { test } from "node:test";
import { defaulted, templateOf } from "../../test/support/stack-pieces.ts";
import type { JsonObject } from "./json.ts";
import { widenings } from "./privileges.ts";

const container = (more: JsonObject): JsonObject => templateOf("server", more);
const pod = (more: JsonObject): JsonObject => templateOf("server", {}, more);
const security = (securityContext: JsonObject): JsonObject => container({ securityContext });
const plain = templateOf("server");

const wider: Record<string, readonly [JsonObject, JsonObject, readonly string[]]> = {
  "the host's network": [plain, pod({ hostNetwork: true }), ["hostNetwork"]],
  "the host's processes": [plain, pod({ hostPID: true }), ["hostPID"]],
  "the host's interprocess memory": [pod({ hostIPC: false }), pod({ hostIPC: true }), ["hostIPC"]],
  "another service account": [plain, pod({ serviceAccountName: "admin" }), ["another service account"]],
  "back to the default service account": [
    pod({ serviceAccountName: "poor" }),
    plain,
    ["another service account"],
  ],
  "the token of the service account": [
    pod({ automountServiceAccountToken: false }),
    pod({ automountServiceAccountToken: true }),
    ["the service account's token"],
  ],
  "the token of the service account, because nothing forbids it any more": [
    pod({ automountServiceAccountToken: false }),
    plain,
    ["the service account's token"],
  ],
  "a path of the host": [
    pod({ volumes: [{ name: "a", hostPath: { path: "/ok" } }] }),
    pod({
      volumes: [
        { name: "a", hostPath: { path: "/ok" } },
        { name: "b", hostPath: { path: "/etc" } },
        { name: "c", emptyDir: {} },
        { name: "d", hostPath: {} },
      ],
    }),
    ["host path /etc"],
  ],
  "a privileged container": [
    security({ privileged: false }),
    security({ privileged: true }),
    ["privileged for server"],
  ],
  "privilege escalation": [
    security({ allowPrivilegeEscalation: false }),
    security({ allowPrivilegeEscalation: true }),
    ["allowPrivilegeEscalation for server"],
  ],
  "privilege escalation, because nothing forbids it any more": [
    security({ allowPrivilegeEscalation: false }),
    plain,
    ["allowPrivilegeEscalation for server"],
  ],
  "a capability": [
    security({ capabilities: { add: ["CHOWN"] } }),
    security({ capabilities: { add: ["CHOWN", "SYS_ADMIN"] } }),
    ["capability SYS_ADMIN for server"],
  ],
  "a capability that was dropped": [
    security({ capabilities: { drop: ["ALL"] } }),
    security({ capabilities: { drop: ["NET_RAW"] } }),
    ["capability ALL no longer dropped for server"],
  ],
  "an unmasked /proc": [plain, security({ procMount: "Unmasked" }), ["an unmasked /proc for server"]],
  "a process of the Windows host": [
    plain,
    security({ windowsOptions: { hostProcess: true } }),
    ["hostProcess for server"],
  ],
  "all processes of the Windows host": [
    plain,
    pod({ securityContext: { windowsOptions: { hostProcess: true } } }),
    ["hostProcess"],
  ],
  "a container that was not there": [
    plain,
    { spec: { containers: [{ name: "server" }, { name: "extra" }] } },
    ["container extra"],
  ],
  "an init container that was not there": [
    plain,
    pod({ initContainers: [{ name: "seed" }] }),
    ["container seed"],
  ],
};
for (const [what, [live, wanted, said]] of Object.entries(wider)) {
  test(`a template that adds ${what} widens what the pod may do`, () => {
    assert.deepEqual(widenings(live, wanted), said);
  });
}

const notWider: Record<string, readonly [JsonObject, JsonObject]> = {
  "another image": [plain, container({ image: "x:2" })],
  "another command": [plain, container({ command: ["a"] })],
  "the server's own defaults": [plain, defaulted(plain)],
  "the default service account, by its name": [plain, pod({ serviceAccountName: "default" })],
  "a service account's token that was there before": [plain, pod({ automountServiceAccountToken: true })],
  "what the live one has already": [
    pod({ hostNetwork: true, volumes: [{ hostPath: { path: "/x" } }] }),
    pod({ hostNetwork: true, volumes: [{ hostPath: { path: "/x" } }] }),
  ],
  "the same security": [
    security({
      privileged: true,
      procMount: "Unmasked",
      windowsOptions: { hostProcess: true },
      capabilities: { add: ["A"], drop: ["ALL"] },
    }),
    security({
      privileged: true,
      procMount: "Unmasked",
      windowsOptions: { hostProcess: true },
      capabilities: { add: ["A"], drop: ["ALL"] },
    }),
  ],
  "fewer rights": [
    security({ privileged: true, capabilities: { add: ["SYS_ADMIN"] } }),
    security({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }),
  ],
  "a container less": [{ spec: { containers: [{ name: "server" }, { name: "extra" }] } }, plain],
  nonsense: [{ spec: "x" }, { spec: { containers: "x", volumes: [1], securityContext: [] } }],
};
for (const [what, [live, wanted]] of Object.entries(notWider)) {
  test(`${what} widens nothing`, () => assert.deepEqual(widenings(live, wanted), []));
}
