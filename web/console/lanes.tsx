import type { BuildView, ClientView } from "../../farm/console/view.ts";
import { Pill } from "../shared/pill.tsx";
import { Shape } from "../shared/shape.tsx";
import { tookWords } from "../shared/time-words.ts";
import { Axis, Grid } from "./axis.tsx";
import { lookOf } from "./client-looks.ts";
import { MedicLane } from "./medic-lane.tsx";
import { drawnPieces, piecesOf } from "./pieces.ts";
import type { Piece } from "./pieces.ts";
import type { Scale } from "./scale.ts";

/** A build's clients on one time line, the one with the fault among its control group. */
export function Lanes(props: { readonly build: BuildView; readonly scale: Scale; readonly now: number }) {
  const { build, scale, now } = props;
  return (
    <div class="lanes">
      <Axis scale={scale} />
      <ol>
        {build.clients.map((client) => (
          <li class={`lane${client.faulted === true ? " faulted" : ""}`} key={client.client}>
            <ClientLabel client={client} now={now} />
            <div class="track">
              <Grid scale={scale} />
              {drawnPieces(piecesOf(client.spans, now)).map((piece) => (
                <Bar key={`${piece.state} ${piece.from}`} piece={piece} scale={scale} />
              ))}
              <Fault client={client} scale={scale} />
              <End client={client} scale={scale} />
            </div>
            {client.why !== undefined && <p class="lane-end small">{client.why}</p>}
            {client.incidents.map((incident) => (
              <MedicLane
                key={incident.name}
                incident={incident}
                scale={scale}
                now={now}
                model={build.model}
              />
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}

function ClientLabel({ client, now }: { readonly client: ClientView; readonly now: number }) {
  const span = client.spans.at(-1);
  const wait = client.state === "waiting" ? span?.waits.at(-1) : undefined;
  const over = span?.to !== undefined;
  return (
    <div class="lane-label">
      <p class="lane-name">
        client {client.client}
        {client.faulted === true && <span class="fault-mark">fault here</span>}
      </p>
      <p class="lane-state">
        <Pill look={lookOf(client)} />
        {!over && span !== undefined && (
          <span class="soft small figure">{tookWords(Math.max(0, now - span.from))}</span>
        )}
        {over && <ReadyAfter client={client} />}
      </p>
      {wait !== undefined && (
        <p class="lane-why small">
          for {wait.words}, <span class="figure">{tookWords(Math.max(0, now - wait.at))}</span>
        </p>
      )}
    </div>
  );
}

function ReadyAfter({ client }: { readonly client: ClientView }) {
  const began = client.spans.find(({ state }) => state === "deploying")?.from ?? client.spans[0]?.from;
  const ready = client.spans.find(({ state }) => state === "ready" || state === "testing")?.from;
  if (began === undefined || ready === undefined || client.state !== "passed") return null;
  return <span class="soft small figure">ready after {tookWords(ready - began)}</span>;
}

function Bar({ piece, scale }: { readonly piece: Piece; readonly scale: Scale }) {
  const { state, from, to, tone, words } = piece;
  const left = scale.x(from);
  const width = scale.x(to) - left;
  const title = `${state}${words === undefined ? "" : ` for ${words}`}, ${tookWords(to - from)}`;
  return (
    <span
      class={`bar is-${state} tone-${tone}`}
      title={title}
      style={{ left: `${left}%`, width: `${width}%` }}
    >
      <span class="bar-words" aria-hidden="true">
        {words ?? state}
      </span>
      <span class="unseen">{title}. </span>
    </span>
  );
}

/** When the fault was put in, where this is known. */
function Fault({ client, scale }: { readonly client: ClientView; readonly scale: Scale }) {
  if (client.faultAt === undefined) return null;
  return (
    <span class="fault-line" style={{ left: `${scale.x(client.faultAt)}%` }} title="the fault goes in">
      <span class="unseen">The fault goes in. </span>
    </span>
  );
}

/** How it ended, at the end of its bar. */
function End({ client, scale }: { readonly client: ClientView; readonly scale: Scale }) {
  const span = client.spans.at(-1);
  if (span?.to === undefined) return null;
  const look = lookOf(client);
  return (
    <span
      class={`end tone-${look.tone}`}
      style={{ left: `${scale.x(span.from)}%` }}
      title={look.word}
      aria-hidden="true"
    >
      <Shape name={look.shape} />
    </span>
  );
}
