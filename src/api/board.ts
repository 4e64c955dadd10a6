import { createRedactor } from "../core/redact.ts";
import { buildsOf } from "./builds.ts";
import type { ApiDeps } from "./deps.ts";
import { statusJson } from "./status-json.ts";

/** A part of the board as it is now, masked JSON in `data`; `undefined`: it is gone. */
interface BoardChange {
  readonly event: "build-changed" | "build-removed" | "status-changed";
  /** The run id of a build; empty for the status. */
  readonly key: string;
  readonly data: string;
}

/** All builds with their stacks, and the status. */
export interface Board {
  /** Tells everything at once, then what changes; returns what ends that. */
  watch(listener: (change: BoardChange) => void): () => void;
}

interface Part {
  readonly raw: string;
  readonly change: BoardChange;
}

/** Changes that come together are told together. */
const GATHER_MS = 500;
/** Budgets and readiness change with the time alone. */
const BEAT_MS = 10_000;

/** Worked out once for all who watch, and not at all while nobody does. A part is masked and told only when it changed. */
export function createBoard(deps: ApiDeps): Board {
  const redactor = deps.redactor ?? createRedactor();
  const listeners = new Set<(change: BoardChange) => void>();
  /** By event and key: the part as it was before masking, and what was told of it. */
  let parts = new Map<string, Part>();
  let stops: (() => void)[] = [];
  let due: (() => void) | undefined;

  function look(): void {
    const builds = buildsOf(deps.listStacks(), deps.listIncidents());
    const seen = new Map<string, Part>();
    const tell: BoardChange[] = [];
    const add = (event: "build-changed" | "status-changed", key: string, value: object): void => {
      const raw = JSON.stringify(value);
      const known = parts.get(`${event} ${key}`);
      const part =
        known?.raw === raw
          ? known
          : { raw, change: { event, key, data: JSON.stringify(redactor.json(value)) } };
      if (part !== known) tell.push(part.change);
      seen.set(`${event} ${key}`, part);
    };
    for (const build of builds) add("build-changed", build.runId, build);
    add("status-changed", "", statusJson(deps, builds));
    const gone = [...parts].filter(([name]) => !seen.has(name)).map(([, { change }]) => change.key);
    parts = seen;
    for (const listener of listeners) {
      for (const key of gone)
        listener({ event: "build-removed", key, data: JSON.stringify({ runId: redactor.text(key) }) });
      for (const change of tell) listener(change);
    }
  }

  function soon(): void {
    due ??= deps.clock.after(GATHER_MS, () => {
      due = undefined;
      look();
    });
  }

  function start(): void {
    let cancel = deps.clock.after(BEAT_MS, beat);
    function beat(): void {
      look();
      cancel = deps.clock.after(BEAT_MS, beat);
    }
    stops = [deps.subscribe(soon), deps.subscribeStacks(soon), () => cancel()];
    look();
  }

  function stop(): void {
    for (const end of stops) end();
    due?.();
    due = undefined;
    parts = new Map();
  }

  return {
    watch(listener) {
      if (listeners.size === 0) start();
      for (const { change } of parts.values()) listener(change);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
  };
}
