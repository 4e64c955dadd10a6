import type { IncidentFile } from "../../src/api/incident-file.ts";
import { phaseLooks } from "../shared/looks.ts";
import type { Look } from "../shared/looks.ts";
import { Pill } from "../shared/pill.tsx";
import { Moment, Timeline } from "../shared/timeline.tsx";
import { Ago } from "../shared/times.tsx";
import { EpisodeMoment } from "./episode-moment.tsx";
import { MessageMoment } from "./message-moment.tsx";
import { storyOf } from "./story.ts";
import type { AttemptJson, FindingJson, StoryEntry } from "./story.ts";

/** Everything that happened in an incident, as a timeline from its detection on. */
export function StoryView({ file }: { readonly file: IncidentFile }) {
  const entries = storyOf(file);
  const since = entries.find(({ kind }) => kind === "detected")?.at;
  return (
    <Timeline>
      {entries.map((entry, index) => (
        <Entry key={`${entry.kind} ${entry.at} ${index}`} entry={entry} since={since} file={file} />
      ))}
    </Timeline>
  );
}

interface EntryProps {
  readonly entry: StoryEntry;
  readonly since: number | undefined;
  readonly file: IncidentFile;
}

function Entry({ entry, since, file }: EntryProps) {
  const { at } = entry;
  switch (entry.kind) {
    case "detected":
      return (
        <Moment title={`Detected: ${file.status.reason}`} tone="warn" shape="triangle" at={at}>
          <Findings findings={entry.findings} />
        </Moment>
      );
    case "decided":
      return <Decided decision={entry.decision} at={at} since={since} />;
    case "attempt":
      return <Attempt attempt={entry.attempt} why={entry.why} at={at} since={since} />;
    case "episode":
      return <EpisodeMoment record={entry.record} text={entry.text} at={at} since={since} />;
    case "phase":
      return <PhaseReached phase={entry.phase} at={at} since={since} />;
    case "message":
      return <MessageMoment file={file} at={at} since={since} />;
  }
}

function Findings({ findings }: { readonly findings: readonly FindingJson[] }) {
  return (
    <ul class="findings">
      {findings.map((finding) => (
        <li key={`${finding.reason} ${finding.subject}`}>
          <p>
            <strong>{finding.reason}</strong> <span class="soft">{finding.subject}</span>{" "}
            <span class="soft small">{classWords[finding.class]}</span>
          </p>
          <p class="foreign" dir="auto">
            {finding.message}
          </p>
          <p class="soft small">
            since <Ago at={finding.since} />
          </p>
        </li>
      ))}
    </ul>
  );
}

const classWords: Readonly<Record<FindingJson["class"], string>> = {
  drift: "drift from what was declared",
  wait: "may pass by itself",
  beyond: "beyond the playbook",
  intent: "the declared intent cannot be used",
};

const planWords: Readonly<Record<string, string>> = {
  remediate: "repair it",
  investigate: "ask the model",
  escalate: "tell people",
};

function Decided({
  decision,
  at,
  since,
}: Pick<EntryProps, "since"> & {
  readonly decision: (StoryEntry & { kind: "decided" })["decision"];
  readonly at: number | undefined;
}) {
  const { plan, reason, what, refused, file } = decision;
  return (
    <Moment title={`Decided: ${planWords[plan] ?? plan}`} tone="idle" shape="diamond" at={at} since={since}>
      <p>
        <strong>{reason}</strong>{" "}
        <span class="foreign" dir="auto">
          {what}
        </span>
      </p>
      {refused !== undefined && <p>Not permitted: {refused}</p>}
      <p class="soft small">
        Decide it again, in its state folder: <code>build-medic replay decisions/{file}</code>
      </p>
    </Moment>
  );
}

const outcomeLooks: Readonly<Record<AttemptJson["outcome"], Look>> = {
  pending: { word: "under way", tone: "busy", shape: "ring" },
  applied: { word: "applied", tone: "good", shape: "check" },
  already: { word: "was so already", tone: "idle", shape: "check" },
  refused: { word: "refused", tone: "bad", shape: "cross" },
  failed: { word: "failed", tone: "bad", shape: "cross" },
  observed: { word: "would have been done", tone: "info", shape: "ring" },
};

function Attempt({
  attempt,
  why,
  at,
  since,
}: Pick<EntryProps, "since"> & {
  readonly attempt: AttemptJson;
  readonly why: string;
  readonly at: number | undefined;
}) {
  const look = outcomeLooks[attempt.outcome];
  const title = (
    <>
      {attempt.action} <span class="subject">{attempt.target}</span> <Pill look={look} />
    </>
  );
  return (
    <Moment title={title} tone={look.tone} shape={look.shape} at={at} since={since}>
      {attempt.detail !== "" && (
        <p class="foreign" dir="auto">
          {attempt.detail}
        </p>
      )}
      <p class="soft small">
        {attempt.by === "agent" ? "asked for by the model" : "by the playbook"}
        {why === "" ? "" : `; ${attempt.outcome === "refused" ? "refused" : "allowed"}: ${why}`}
      </p>
    </Moment>
  );
}

function PhaseReached({
  phase,
  at,
  since,
}: Pick<EntryProps, "since"> & {
  readonly phase: keyof typeof phaseLooks;
  readonly at: number | undefined;
}) {
  const look = phaseLooks[phase];
  return (
    <Moment title={phaseTitles[phase] ?? look.word} tone={look.tone} shape={look.shape} at={at} since={since}>
      {phase === "Escalated" && <p>The medic leaves this stack alone from now on.</p>}
    </Moment>
  );
}

const phaseTitles: Readonly<Record<string, string>> = {
  Verifying: "Watching whether it stays ready",
  Resolved: "Resolved: the stack is ready, as declared, for long enough",
  Escalated: "Escalated: handed to people",
  Gone: "Gone: the stack was deleted",
};
