import type { BuildView, ClientView } from "../console/view.ts";

/** What happened in a build since it was last looked at, one line each, with the time since its start. */
export function newLines(before: BuildView | undefined, now: BuildView, at: number): string[] {
  const stamp = `${((at - now.createdAt) / 1000).toFixed(1).padStart(6)} s`;
  return [...jobLines(before, now), ...clientLines(before, now)].map((line) => `${stamp}  ${line}`);
}

/** What runs besides the clients: prepare, report, teardown. */
function jobLines(before: BuildView | undefined, now: BuildView): string[] {
  const running = (build: BuildView | undefined): string[] =>
    (build?.jobs ?? [])
      .filter(({ name, status }) => status === "in_progress" && !name.startsWith("client"))
      .map(({ name }) => name);
  const known = running(before);
  return running(now).filter((name) => !known.includes(name));
}

function clientLines(before: BuildView | undefined, now: BuildView): string[] {
  return now.clients.flatMap((client) => {
    const earlier = before?.clients.find((one) => one.client === client.client);
    const [state, medic] = [stateLines(earlier, client), medicLines(earlier, client)];
    return (client.state === "waiting" ? [...state, ...medic] : [...medic, ...state]).map(
      (line) => `client ${client.client}: ${line}`,
    );
  });
}

function medicLines(before: ClientView | undefined, now: ClientView): string[] {
  const words = (client: ClientView | undefined): string[] =>
    (client?.incidents ?? []).flatMap(({ marks }) => marks).map((mark) => mark.words);
  const known = words(before);
  return words(now)
    .slice(known.length)
    .map((line) => `the medic: ${line}`);
}

const WORTH_A_LINE: readonly string[] = ["waiting", "testing", "passed", "failed", "cancelled"];

function stateLines(before: ClientView | undefined, now: ClientView): string[] {
  if (before?.state === now.state || !WORTH_A_LINE.includes(now.state)) return [];
  if (now.state === "waiting") return ["deployed"];
  if (now.state === "testing") return ["ready, its tests begin"];
  return [now.why === undefined ? now.state : `${now.state}: ${now.why}`];
}
