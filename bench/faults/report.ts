import type { Conditions } from "../result.ts";
import { VERDICTS } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import { KINDS } from "./kinds.ts";
import type { Verdicts } from "./verdict.ts";
import { FAULTS } from "./weather.ts";

export interface Report {
  readonly seed: number;
  /** How many were broken. */
  readonly stacks: number;
  readonly replicas: number;
  readonly crowd: number;
  readonly seconds: number;
  readonly starts: number;
  readonly times: ReadonlyMap<string, number>;
  readonly verdicts: Verdicts;
  readonly conditions: Conditions;
}

type Row = readonly string[];
const NAMESPACE_DELETED = "namespace deleted";

/** Fault × what was injected × times × verdicts; an offence counts in the row of every fault that its outage met. */
export function faultRows({ times, verdicts }: Report): readonly Row[] {
  const { judged, strays } = verdicts;
  const rows = FAULTS.filter(({ name }) => times.has(name)).map(({ name, what }) => {
    const met = judged.filter(({ outage }) => outage.met.has(name));
    return [name, what, String(times.get(name)), String(met.length), ...counts(met.flatMap(offencesOf))];
  });
  const deletions = (["incident", "episode"] as const).map((when) => {
    const met = judged.filter(({ outage }) => outage.deleted && outage.deletion?.when === when);
    const what =
      when === "incident"
        ? "the build's namespace is deleted up to 8 s after its stack broke"
        : "the build's namespace is deleted while the model is asked";
    const told = String(met.length);
    return [`${NAMESPACE_DELETED} in an ${when}`, what, told, told, ...counts(met.flatMap(offencesOf))];
  });
  const all = [...judged.flatMap(offencesOf), ...strays];
  const sum = [...times.values()].reduce((total, count) => total + count, 0);
  const deleted = deletions.reduce((total, row) => total + Number(row[2]), 0);
  const total = ["all", "", String(sum + deleted), String(judged.length), ...counts(all)];
  return [
    ["fault", "what was injected", "times", "outages met", ...VERDICTS.map(columnOf)],
    ...rows,
    ...deletions,
    total,
  ];
}

export function kindRows({ verdicts: { judged } }: Report): readonly Row[] {
  const ends = ["Resolved", "Escalated", "Gone"] as const;
  const rows = KINDS.map(({ name, what }) => {
    const own = judged.filter(({ outage }) => outage.kind.name === name);
    const ended = ends.map((end) => String(own.filter(({ phases }) => phases.includes(end)).length));
    return [name, what, String(own.length), ...ended];
  });
  return [["outage", "what is broken and how it is to end", "times", ...ends], ...rows];
}

/** The page of the docs. */
export function page(report: Report): string {
  const { seed, stacks, replicas, crowd, seconds, starts, verdicts, conditions } = report;
  const { system, processors, memoryGib, node, load, commit, at } = conditions;
  return `# Faults

Written by \`npm run faults\`, which anyone can run: a real API server with fake nodes, ${replicas} medics as processes behind a proxy in
which things go wrong, a Rocket.Chat double and a model on the loopback interface. ${crowd} healthy stacks stand beside those that are
broken, one after another, while the faults below come and go at random, up to three at once.

Seed ${seed} · ${stacks} stacks broken, ${verdicts.incidents} incidents · ${Math.round(seconds / 60)} minutes · ${starts} starts of a medic ·
${verdicts.writes} writes carried out, ${verdicts.refused} turned away by the API server (a precondition, a conflict) · ${verdicts.messages} messages.
${at.slice(0, 10)}, commit ${commit}, ${system}, ${processors} processors, ${memoryGib} GiB, Node ${node}, load ${load.join(" to ")}.

The same seed makes the same choices; when exactly each of them falls depends on the machine.

${markdown(faultRows(report))}

The judges are the API server's audit log (with the bodies of the medics' writes), its objects, and the chat. **lost**: an incident
was handed to people and no message is at the chat. **doubled**: more messages than that one. **repeated**: a write that had taken
effect was made again. **wrong**: a write that is not the declared intent, is outside the stack, or on a stack that is healthy, is in
its tests, or that nobody had broken. **open**: an incident that has no end. **silent**: a stack that is broken while nobody was told.
An offence counts in the row of every fault that its outage met.

## What was broken

${markdown(kindRows(report))}

A repair that cannot be finished is handed to people, so under faults some repairs end as \`Escalated\`; an outage whose namespace was
deleted ends as \`Gone\` or not at all.
`;
}

function offencesOf({ offences }: Verdicts["judged"][number]): Verdicts["judged"][number]["offences"] {
  return offences;
}

function counts(offences: readonly { readonly verdict: Verdict }[]): Row {
  return VERDICTS.map((verdict) => String(offences.filter((offence) => offence.verdict === verdict).length));
}

function columnOf(verdict: Verdict): string {
  return verdict;
}

function markdown([head = [], ...rows]: readonly Row[]): string {
  const line = (row: Row): string => `| ${row.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
