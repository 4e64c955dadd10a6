import type { SDKMessage, SDKSystemMessage } from "@anthropic-ai/claude-agent-sdk";

/** What the agent's process was asked to be. */
export interface ExpectedInit {
  readonly model: string;
  /** Full names: `mcp__k8s__get_pod`. */
  readonly tools: readonly string[];
  readonly servers: readonly string[];
}

/** Looks at an episode's messages one after another; says in one sentence how the process is not as asked. */
export function createAttestation(expected: ExpectedInit): (message: SDKMessage) => string | undefined {
  let attested = false;
  return (message) => {
    if (message.type === "system" && message.subtype === "init") {
      attested = true;
      return initMismatch(message, expected);
    }
    return message.type === "assistant" && !attested
      ? "The agent did not say which tools it has."
      : undefined;
  };
}

/** How the process differs from what was asked; `undefined` when it does not. */
export function initMismatch(
  init: Pick<SDKSystemMessage, "tools" | "mcp_servers" | "permissionMode" | "model">,
  expected: ExpectedInit,
): string | undefined {
  const servers = init.mcp_servers.map(({ name, status, source }) =>
    status === "connected" && (source ?? "sdk") === "sdk" ? name : `${name} (${status}, ${source ?? "sdk"})`,
  );
  const differences = [
    difference("tools", init.tools, expected.tools),
    difference("tool servers", servers, expected.servers),
    difference("permission mode", [init.permissionMode], ["default"]),
    difference("model", [init.model], [expected.model]),
  ].filter((sentence) => sentence !== undefined);
  return differences.length === 0 ? undefined : `The agent is not as asked: ${differences.join("; ")}.`;
}

function difference(
  what: string,
  actual: readonly string[],
  expected: readonly string[],
): string | undefined {
  const more = actual.filter((name, at) => !expected.includes(name) || actual.indexOf(name) !== at);
  const missing = expected.filter((name) => !actual.includes(name));
  if (more.length === 0 && missing.length === 0) return undefined;
  const parts = [
    ...(more.length === 0 ? [] : [`not asked for: ${more.join(", ")}`]),
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(", ")}`]),
  ];
  return `${what} ${parts.join(", ")}`;
}
