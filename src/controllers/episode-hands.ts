import { admit, closed, newEpisode, sawNodes } from "../core/episode.ts";
import type { EpisodeState } from "../core/episode.ts";
import type { Conclusion, Incident } from "../core/incident.ts";
import { actionFor } from "../core/propose.ts";
import type { Wish } from "../core/propose.ts";
import { outOfScope } from "../core/scope.ts";
import { viewOf } from "../core/stack-view.ts";
import { MedicError, messageOf } from "../lib/medic-error.ts";
import { act } from "./act.ts";
import type { ActDeps } from "./act.ts";
import type { Call, EpisodeHands, Log, ScopedCall } from "./ports.ts";

/** One episode's hands, with its latch. */
export interface LatchedHands extends EpisodeHands {
  state(): EpisodeState;
  close(because: string): void;
}

/** The hands of the episode of one incident. What the model may still do is decided in core/episode.ts. */
export function createHands(deps: ActDeps & { readonly log: Log }, incident: Incident): LatchedHands {
  const { cluster, audit, incidentLog, telemetry } = deps;
  const { namespace, client, runId } = incident.spec;
  const stack = { namespace, client };
  const about = { run: runId, namespace, client, incident: incident.name, actor: "agent" } as const;
  let state = newEpisode;
  /** Writes are asked for one after another, whatever the SDK does. */
  let last: Promise<unknown> = Promise.resolve();

  function close(because: string): void {
    state = closed(state, because);
  }

  async function auditRefusal(call: ScopedCall, why: string): Promise<void> {
    await audit.append({
      ...about,
      action: call.tool,
      arguments: call.arguments,
      stage: "refused",
      decision: { allowed: false, why },
    });
  }

  async function carryOut(wish: Wish, reason: string, call: Call): ReturnType<EpisodeHands["carryOut"]> {
    const snapshot = await cluster.examine(stack, call);
    if (snapshot === undefined) throw gone(namespace, client);
    const action = actionFor(viewOf(snapshot), wish);
    if ("why" in action) {
      await auditRefusal({ tool: wish.tool, kind: "write", arguments: { ...wish, reason } }, action.why);
      return { done: false, why: action.why };
    }
    // The latch may have closed while the stack was read.
    if (!state.open) return { done: false, why: `this episode is over: ${state.closedBecause}` };
    const acted = await act(deps, { incident, action, by: "agent", reason }, { call, log: deps.log });
    switch (acted.did) {
      case "refused":
        return { done: false, why: `${acted.permission.code}: ${acted.permission.why}` };
      case "unaudited":
        close("the audit log cannot be written");
        return {
          done: false,
          why: `the audit log cannot be written, and nothing is done without it (${messageOf(acted.error)})`,
        };
      case "done":
        return {
          done: acted.result.outcome === "applied" || acted.result.outcome === "already",
          why: acted.result.detail,
        };
    }
  }

  return {
    state: () => state,
    close,
    async admit(call) {
      const known = cluster.peek(stack);
      const admission = admit(state, call);
      state = admission.state;
      const scope = known === undefined ? "The stack is gone." : outOfScope(known, call);
      const why = admission.admitted ? scope : admission.why;
      if (why === undefined) return undefined;
      telemetry.toolCalled(call.tool, "refused");
      await auditRefusal(call, why);
      return why;
    },
    async look(call) {
      const snapshot = await cluster.examine(stack, call);
      if (snapshot === undefined) throw gone(namespace, client);
      return snapshot;
    },
    logs: (request, call) => cluster.logs({ ...request, namespace }, call),
    showed(cordonedNodes) {
      state = sawNodes(state, cordonedNodes);
    },
    carryOut(wish, reason, call) {
      const done = last.then(() => carryOut(wish, reason, call));
      last = done.catch(() => {});
      return done;
    },
    async conclude(conclusion: Conclusion, call) {
      await audit.append({
        ...about,
        action: "rocketchat",
        arguments: conclusion,
        stage: "outcome",
        decision: { allowed: true, why: "sent once after the episode, unless the stack is ready then" },
        result: "noted",
      });
      let first = true;
      await incidentLog.change(
        incident.name,
        (status) => {
          if (status.episode === undefined) return status;
          first = status.episode.conclusion === undefined;
          return { ...status, episode: { ...status.episode, conclusion } };
        },
        call,
      );
      return first ? "noted" : "replaced";
    },
  };
}

function gone(namespace: string, client: string): MedicError {
  return new MedicError("stack-gone", `the stack of client ${client} in ${namespace} is gone`, {
    retriable: false,
  });
}
