import { createApi } from "../../src/api/server.ts";
import type { About, ApiDeps, IncidentChange } from "../../src/api/deps.ts";
import type { Incident, IncidentStatus } from "../../src/core/incident.ts";
import { totalsOf } from "../../src/core/totals.ts";
import { SteppedClock } from "./stepped-clock.ts";

export const detectedAt = Date.parse("2026-01-02T03:04:05.006Z");

/** An incident with a repair that is being verified, unless told otherwise. */
export function anIncident(
  name: string,
  changes: { status?: Partial<IncidentStatus>; spec?: Partial<Incident["spec"]>; createdAt?: number } = {},
): Incident {
  const createdAt = changes.createdAt ?? detectedAt;
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: "7",
    createdAt,
    spec: {
      namespace: "ci-1",
      client: "0",
      runId: "4711",
      statefulSet: "server-0",
      statefulSetUid: "s",
      pod: "server-0-0",
      ...changes.spec,
    },
    status: {
      phase: "Verifying",
      tier: 1,
      reason: "ImageDrift",
      rootCause: "The image was changed.",
      findings: [
        {
          reason: "ImageDrift",
          class: "drift",
          subject: "Pod/a",
          message: "m",
          since: createdAt,
          terminal: true,
        },
      ],
      attempts: [
        {
          action: "restart-pod",
          target: "Pod/a",
          by: "playbook",
          at: createdAt,
          outcome: "applied",
          detail: "",
        },
      ],
      times: { Detected: createdAt },
      ...changes.status,
    },
  };
}

/** The API with everything empty, and what a test says. */
export function served(given: Partial<ApiDeps> = {}) {
  const clock = new SteppedClock();
  const stackListeners = new Set<() => void>();
  const listeners = new Set<(change: IncidentChange) => void>();
  const api = createApi({
    listIncidents: () => [],
    listStacks: () => [],
    ready: () => ({ ready: true, checks: { pods: true } }),
    metrics: async () => ({ text: "up 1\n", contentType: "text/plain; version=0.0.4" }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribeStacks(listener) {
      stackListeners.add(listener);
      return () => stackListeners.delete(listener);
    },
    about: () => about,
    clock,
    host: "127.0.0.1",
    ...given,
  });
  const tellStacks = (): void => {
    for (const listener of stackListeners) listener();
  };
  const tell = (change: IncidentChange): void => {
    for (const listener of listeners) listener(change);
  };
  return { api, clock, listeners, tell, tellStacks };
}

export const about: About = {
  version: "1.2.3",
  startedAt: detectedAt,
  mode: "act",
  model: "claude-sonnet-4-6",
  leader: true,
  chat: "#farm",
  limits: {
    maxTurns: 12,
    maxBudgetUsd: 0.5,
    timeoutMs: 300_000,
    hourlyBudgetUsd: 1.5,
    maxConcurrentEpisodes: 3,
    maxActionsPerStack: 3,
  },
  totals: totalsOf([], { rerunMinutes: 40, worstEpisodeUsd: 1 }),
};
