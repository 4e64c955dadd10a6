import { lastLine, runCommand } from "./command.ts";
import type { CommandOptions, CommandResult } from "./command.ts";

/** Something about the farm or a build that a person can act on: the message is the whole story. */
export class FarmError extends Error {
  override readonly name = "FarmError";
}

/** The request itself was wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The cluster as a build's steps use it: the same two programs that a CI runner calls. */
export interface Kube {
  readonly kubeconfig: string;
  /** Runs kubectl and hands back whatever came of it. */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs kubectl and answers its stdout; throws `FarmError` naming `doing` when it fails. */
  ask(doing: string, args: readonly string[], options?: CommandOptions): Promise<string>;
  /** `kubectl get … -o json`, parsed. */
  get<T>(doing: string, args: readonly string[], options?: CommandOptions): Promise<T>;
  helm(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

export interface KubeTools {
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly helm: string;
  /** Ends every command when aborted. Clean-up uses a `Kube` without one. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 60;

export function openKube(tools: KubeTools): Kube {
  const options = (extra: CommandOptions): CommandOptions => ({
    timeoutSeconds: DEFAULT_TIMEOUT_SECONDS,
    signal: tools.signal,
    ...extra,
    env: { KUBECONFIG: tools.kubeconfig, ...extra.env },
  });
  const kubectl: Kube["kubectl"] = (args, extra = {}) => runCommand(tools.kubectl, args, options(extra));
  const ask: Kube["ask"] = async (doing, args, extra = {}) => {
    const result = await kubectl(args, extra);
    if (result.code !== 0) throw new FarmError(`${doing}: ${failureOf(result)}`);
    return result.stdout;
  };
  return {
    kubeconfig: tools.kubeconfig,
    kubectl,
    ask,
    get: async <T>(doing: string, args: readonly string[], extra: CommandOptions = {}) =>
      JSON.parse(await ask(doing, ["get", ...args, "-o", "json"], extra)) as T,
    helm: (args, extra = {}) => runCommand(tools.helm, args, options(extra)),
  };
}

/** Why a command failed, in a few words. */
export function failureOf(result: CommandResult): string {
  if (result.stopped === "timeout") return "it took too long";
  if (result.stopped === "aborted") return "it was interrupted";
  const said = lastLine(result.stderr) || lastLine(result.stdout);
  return said.replace(/^(error|Error): /, "") || `exit code ${result.code}`;
}

export function isNotFound(result: CommandResult): boolean {
  return result.code !== 0 && /\(NotFound\)|not found/.test(result.stderr);
}

export function isForbidden(result: CommandResult): boolean {
  return result.code !== 0 && /\(Forbidden\)|forbidden/.test(result.stderr);
}
