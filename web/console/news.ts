import type { BuildView, ClientView } from "../../farm/console/view.ts";
import { lookOf } from "./client-looks.ts";

/** What changed in a build that is worth to be read out; `undefined` when it is a detail. */
export function newsOf(before: BuildView | undefined, now: BuildView): string | undefined {
  const name = `Build ${now.runId}`;
  if (before === undefined) return `${name} is started.`;
  if (before.status !== now.status) return `${name} ${now.status === "running" ? "is running" : now.status}.`;
  const words = now.clients.flatMap((client) =>
    clientNews(
      before.clients.find((one) => one.client === client.client),
      client,
    ),
  );
  return words.length === 0 ? undefined : `${name}: ${words.join("; ")}.`;
}

const TOLD: readonly string[] = ["testing", "passed", "failed"];

function clientNews(before: ClientView | undefined, now: ClientView): string[] {
  const marks = before?.incidents.flatMap((incident) => incident.marks.map(({ kind }) => kind)).length ?? 0;
  const news = now.incidents
    .flatMap((incident) => incident.marks)
    .slice(marks)
    .filter(({ kind }) => kind === "detected" || kind === "resolved" || kind === "escalated")
    .map(({ words }) => `the medic on client ${now.client}: ${words}`);
  if (before?.state === now.state || !TOLD.includes(now.state)) return news;
  return [...news, `client ${now.client} ${lookOf(now).word}`];
}
