import { capText } from "./cap-text.ts";
import type { Finding, Reason } from "./finding.ts";
import { symptomOf } from "./farm.ts";
import { isClosed } from "./incident.ts";
import type { Conclusion, EpisodeRecord } from "./incident.ts";
import { isRunning } from "./ledger.ts";
import { isStorm } from "./permit.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import type { StackView } from "./stack-view.ts";

type Escalate = Plan & { kind: "escalate" };

/** What a model could add nothing to: people have to say what they meant, or have said what may not be done. */
const FOR_PEOPLE: readonly Reason[] = [
  "IntentInvalid",
  "IntentAmbiguous",
  "IntentConflict",
  "IntentRejected",
  "StackIncomplete",
  "RepairRefused",
  "Storm",
];

/** Tier 2 is asked once in an outage, before people are; after it, people get what it concluded. */
export function orInvestigate(
  view: StackView,
  policy: Policy,
  plan: Escalate,
  findings: readonly Finding[],
): Plan {
  const episode = episodeOf(view);
  if (episode !== undefined) return isRunning(episode) ? UNDER_WAY : afterEpisode(plan, episode);
  const known = view.snapshot.incident?.status.findings ?? [];
  const symptom = symptomOf(findings) ?? symptomOf(known);
  if (!policy.tier2 || FOR_PEOPLE.includes(plan.reason) || isStorm(view.snapshot, symptom)) return plan;
  return { kind: "investigate", reason: plan.reason, rootCause: plan.rootCause };
}

const CONCLUSION_BYTES = 700;

const UNDER_WAY: Plan = { kind: "hold", why: "an episode is under way" };

/** While a model looks at a stack, nothing else touches it. */
export function underWay(view: StackView): Plan | undefined {
  return isRunning(episodeOf(view)) ? UNDER_WAY : undefined;
}

/** The episode of this outage; an incident that is over has no say in the next one. */
function episodeOf({ snapshot }: StackView): EpisodeRecord | undefined {
  const { incident } = snapshot;
  return incident === undefined || isClosed(incident.status.phase) ? undefined : incident.status.episode;
}

/** What stands between a model's account and the medic's own. */
export const OWN_FINDING = "The medic's own finding: ";

/** The model's account first, the medic's own finding always beside it. */
function afterEpisode(plan: Escalate, { conclusion, outcome }: EpisodeRecord): Escalate {
  if (conclusion === undefined) return { ...plan, rootCause: `${plan.rootCause}; ${unconcluded(outcome)}` };
  return {
    ...plan,
    rootCause: `${accountOf(conclusion)} ${OWN_FINDING}${sentence(plan.rootCause)}`,
  };
}

/** How an episode without a conclusion ended, as people read it. */
function unconcluded(outcome: string): string {
  const how = Object.hasOwn(UNCONCLUDED, outcome) ? UNCONCLUDED[outcome] : undefined;
  return how ?? `the model had no conclusion (${outcome})`;
}

const UNCONCLUDED: Readonly<Record<string, string>> = {
  "no-budget": "no model was asked, because this hour's budget is spent",
  "not-audited": "no model was asked, because the audit log cannot be written",
  "wrong-tools": "no model was asked, because the SDK offered it other tools than the medic's",
  completed: "the model had no conclusion",
  "max-turns": "the model had no conclusion when its turns were used up",
  budget: "the model had no conclusion when its budget was used up",
  deadline: "the model had no conclusion when its time was up",
  refusal: "the model refused to answer",
  "api-error": "the model had no conclusion, because its API failed",
  interrupted: "the model had no conclusion when the medic was restarted",
};

/** Not so long that the medic's own finding would be cut off where people read it. */
export function accountOf({ rootCause }: Conclusion): string {
  return sentence(capText(rootCause, CONCLUSION_BYTES));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
