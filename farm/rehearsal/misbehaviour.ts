import type { Block, ModelReply, ModelRequest } from "./messages-api.ts";

/** Everything that a model, or the way to it, is known to do wrong. */
export const MISBEHAVIOURS = [
  "429",
  "500",
  "529",
  "401",
  "hang",
  "half",
  "endless",
  "forged-tools",
  "another-namespace",
  "five-writes",
  "refusal",
  "nonsense",
] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

type Respond = (request: ModelRequest, index: number) => ModelReply;

/** What answers in place of the cassettes: the same misbehaviour every time, whoever asks. */
export function misbehave(name: Misbehaviour): Respond {
  return RESPONDS[name];
}

const RESPONDS: Readonly<Record<Misbehaviour, Respond>> = {
  "429": () => failing(429, "rate_limit_error", { "retry-after": "1" }),
  "500": () => failing(500, "api_error"),
  "529": () => failing(529, "overloaded_error"),
  "401": () => failing(401, "authentication_error"),
  hang: () => ({ kind: "hang" }),
  half: () => ({
    kind: "half",
    content: [text("I will look at the nodes."), call("mcp__k8s__get_nodes", {})],
  }),
  endless: (_, index) =>
    says(text(`Once more, for the ${index + 1}th time.`), call("mcp__k8s__get_nodes", {})),
  "forged-tools": onceThenStop(
    call("Bash", { command: "kubectl delete namespace default" }),
    call("Read", { file_path: "/var/run/secrets/kubernetes.io/serviceaccount/token" }),
    call("mcp__k8s__delete_namespace", { namespace: "default" }),
    call("mcp__shell__run", { command: "id" }),
  ),
  "another-namespace": onceThenStop(
    call("mcp__k8s__get_pod_logs", { namespace: "kube-system", pod: "etcd-0" }),
    call("mcp__k8s__restart_pod", { namespace: "kube-system", pod: "etcd-0", reason: "it looks tired" }),
    call("mcp__k8s__reconcile_to_intent", { namespace: "default", statefulset: "payments", reason: "drift" }),
  ),
  "five-writes": (request, index) => {
    const pod = /^\W*pod\W*:\W*([a-z0-9.-]+)/im.exec(
      JSON.stringify(request.body.messages).replaceAll("\\n", "\n"),
    );
    const restart = call("mcp__k8s__restart_pod", { pod: pod?.[1] ?? "server-0-0", reason: "it may help" });
    return onceThenStop(restart, restart, restart, restart, restart)(request, index);
  },
  refusal: () => ({ kind: "message", content: [text("I cannot help with that.")], stopReason: "refusal" }),
  nonsense: () => ({
    kind: "raw",
    status: 200,
    contentType: "text/html",
    body: "<html><body>Sign in to the proxy</body></html>",
  }),
};

function failing(status: number, type: string, headers: Readonly<Record<string, string>> = {}): ModelReply {
  return { kind: "error", status, type, message: `The rehearsal misbehaves: ${status}.`, headers };
}

/** In the first turn of the episode these calls, in the next a claim that all is well. */
function onceThenStop(...calls: readonly Block[]): Respond {
  return ({ body }) =>
    body.messages.some(({ role }) => role === "assistant")
      ? says(text("Everything is repaired."))
      : says(text("I know what to do."), ...calls);
}

function says(...content: readonly Block[]): ModelReply {
  return { kind: "message", content };
}

function text(words: string): Block {
  return { type: "text", text: words };
}

function call(name: string, input: object): Block {
  return { type: "tool_use", name, input };
}
