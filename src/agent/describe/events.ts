import { neutralise } from "../../core/neutralise.ts";
import type { KubeEvent, Snapshot } from "../../core/snapshot.ts";
import { capText } from "../../core/cap-text.ts";
import { lastThatFit } from "../present.ts";
import { ago } from "./ago.ts";

const MOST_LINES = 40;
/** Of all lines: the newest ones are told, not those before a cut. */
const MOST_BYTES = 7000;
const MESSAGE_BYTES = 600;

/**
 * The events of a stack, or of one pod with its StatefulSet and claims, newest last. They were chosen by UID, so those of
 * an earlier pod of the same name are not among them; the same one several times is one line.
 */
export function eventsText(snapshot: Snapshot, pod?: string, maxBytes = MOST_BYTES): string {
  const about = pod === undefined ? "the stack" : `${pod}, its StatefulSet and its claims`;
  const found = pod === undefined ? snapshot.events : snapshot.events.filter((event) => concerns(event, pod));
  if (found.length === 0)
    return `There are no events of ${about}. (Kubernetes keeps them for an hour, and says some things only once.)`;
  const lines = merged(found).map((event) => eventLine(event, snapshot.at));
  const kept = lastThatFit(lines.slice(-MOST_LINES), maxBytes);
  const left = lines.length - kept.length;
  return [
    `Events of ${about}, oldest first, read at ${new Date(snapshot.at).toISOString()}:`,
    ...(left > 0 ? [`[cut: ${left} older ones are left out]`] : []),
    ...kept,
  ].join("\n");
}

function concerns({ kind, name }: KubeEvent, pod: string): boolean {
  const set = pod.replace(/-\d+$/, "");
  return kind === "PersistentVolumeClaim" ? name.endsWith(`-${pod}`) : name === pod || name === set;
}

/** The same words about the same object are one event, whatever series the server keeps them in. */
function merged(events: readonly KubeEvent[]): readonly KubeEvent[] {
  const byWords = new Map<string, KubeEvent>();
  for (const event of events) {
    const words = [event.kind, event.name, event.reason, event.message].join("\n");
    const known = byWords.get(words);
    byWords.set(
      words,
      known === undefined
        ? event
        : { ...event, count: known.count + event.count, at: Math.max(known.at, event.at) },
    );
  }
  return [...byWords.values()].toSorted((left, right) => left.at - right.at);
}

function eventLine(
  { kind, name, type, reason, message, component, count, at }: KubeEvent,
  now: number,
): string {
  const times = count > 1 ? ` (${count} times)` : "";
  // Made harmless before it is cut, for that may make it longer.
  const said = capText(neutralise(message).replaceAll(/\s+/g, " ").trim(), MESSAGE_BYTES);
  const by = component === "" ? "" : ` by ${component}`;
  return `${ago(at, now)} ago ${type} ${kind}/${name} ${reason}${by}: ${said}${times}`;
}
