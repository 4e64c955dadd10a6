import type { IncidentView, MedicMark, TierTwo } from "../../farm/console/view.ts";
import { Shape } from "../shared/shape.tsx";
import { exactTime, tookWords } from "../shared/time-words.ts";
import { Grid } from "./axis.tsx";
import { markLooks } from "./client-looks.ts";
import { tierTwoName } from "./modes.ts";
import { stampWords } from "./scale.ts";
import type { Scale } from "./scale.ts";

/** What the medic did about one outage: on the build's time line, and in words. */
export function MedicLane(props: {
  readonly incident: IncidentView;
  readonly scale: Scale;
  readonly now: number;
  readonly model: TierTwo | undefined;
}) {
  const { incident, scale, now, model } = props;
  const { marks } = incident;
  const from = marks[0]?.at ?? scale.from;
  const closing = marks.find(({ kind }) => kind === "resolved" || kind === "escalated" || kind === "gone");
  const left = scale.x(from);
  const tone = closing === undefined ? "busy" : markLooks[closing.kind].tone;
  return (
    <>
      <div class="medic-label small">
        <p class="lane-name">the medic</p>
        <p class="soft">
          {incident.reason}, tier {incident.tier}
        </p>
      </div>
      <div class="track medic-track" aria-hidden="true">
        <Grid scale={scale} />
        <span
          class={`medic-bar tone-${tone}`}
          style={{ left: `${left}%`, width: `${scale.x(closing?.at ?? now) - left}%` }}
        />
        {marksDrawn(marks).map((mark) => (
          <Sign key={`${mark.kind} ${mark.at} ${mark.words}`} mark={mark} scale={scale} />
        ))}
      </div>
      <div class="medic-words small">
        <ol class="marks">
          {marks.map(({ kind, at, to, words }) => (
            <li key={`${kind} ${at} ${words}`} class={`tone-${markLooks[kind].tone}`}>
              <Shape name={markLooks[kind].shape} />
              <time class="figure" dateTime={new Date(at).toISOString()} title={exactTime(at)}>
                {stampWords(at - scale.from)}
              </time>
              <span>
                {words}
                {to !== undefined && to > at && `, ${tookWords(to - at)}`}
              </span>
            </li>
          ))}
        </ol>
        <p>{incident.rootCause}</p>
        <p>
          <Cost incident={incident} model={model} />
          {incident.storyUrl !== undefined && (
            <>
              {" "}
              <a href={incident.storyUrl} target="_blank" rel="noopener noreferrer">
                The whole story of {incident.name} on the medic's dashboard
              </a>
            </>
          )}
        </p>
      </div>
    </>
  );
}

/** What happens right after something else and says little by itself is left to the words. */
function marksDrawn(marks: readonly MedicMark[]): readonly MedicMark[] {
  return marks.filter(({ kind }) => kind !== "verifying");
}

function Cost({ incident, model }: { readonly incident: IncidentView; readonly model: TierTwo | undefined }) {
  const { episode } = incident;
  if (episode === undefined) return <span>No model was called: $0.00.</span>;
  const turns = episode.turns === 1 ? "1 turn" : `${episode.turns} turns`;
  const asIf = model === "rehearsal" ? ", as Claude would cost" : "";
  const who = model === undefined ? "a model" : tierTwoName(model);
  return (
    <span class="figure">
      {turns} of {who}, ${episode.costUsd.toFixed(3)}
      {asIf}.
    </span>
  );
}

function Sign({ mark, scale }: { readonly mark: MedicMark; readonly scale: Scale }) {
  const look = markLooks[mark.kind];
  const left = scale.x(mark.at);
  if (mark.kind === "episode") {
    const width = scale.x(mark.to ?? mark.at) - left;
    return <span class="episode-bar" style={{ left: `${left}%`, width: `${width}%` }} title={mark.words} />;
  }
  return (
    <span class={`sign is-${mark.kind} tone-${look.tone}`} style={{ left: `${left}%` }} title={mark.words}>
      <Shape name={look.shape} />
    </span>
  );
}
