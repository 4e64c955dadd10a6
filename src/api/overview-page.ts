import { html } from "hono/html";
import type { Incident } from "../core/incident.ts";
import { newestFirst, stamp } from "./incident-json.ts";
import type { BuildSummary, StackSummary } from "./builds.ts";

type Markup = ReturnType<typeof html>;

const shownIncidents = 50;

/** The whole page; every value in it is escaped. It reloads itself and needs no script. */
export function overviewPage(view: {
  readonly builds: readonly BuildSummary[];
  readonly incidents: readonly Incident[];
  readonly ready: boolean;
  readonly now: number;
}): Markup {
  const incidents = newestFirst(view.incidents).slice(0, shownIncidents);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="refresh" content="5" />
        <title>Build Medic</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/overview.css" />
      </head>
      <body>
        <header>
          <h1>Build Medic</h1>
          <p>
            <span class="state ${view.ready ? "ready" : "escalated"}"
              >${view.ready ? "watching" : "not ready"}</span
            >
            ${view.builds.reduce((sum, build) => sum + build.stacks.length, 0)} stacks,
            ${view.incidents.length} incidents · <time>${stamp(view.now)}</time>
          </p>
        </header>
        <main>
          <section>
            <h2>Builds</h2>
            ${view.builds.length === 0 ? html`<p class="empty">No namespace is labelled medic/watch=true.</p>` : view.builds.map(buildCard)}
          </section>
          <section>
            <h2>Incidents</h2>
            ${incidents.length === 0 ? html`<p class="empty">None.</p>` : incidentTable(incidents)}
          </section>
        </main>
      </body>
    </html>`;
}

function buildCard(build: BuildSummary): Markup {
  return html`<article>
    <h3>
      ${build.runId === "" ? "without a run id" : build.runId}
      <small>${build.namespaces.join(", ")}</small> ${buildLink(build.buildUrl)}
    </h3>
    ${
      build.stacks.length === 0
        ? html`<p class="empty">Its namespace is gone.</p>`
        : html`<ul>
            ${build.stacks.map(stackItem)}
          </ul>`
    }
  </article>`;
}

/** The link is whatever an annotation says: only a web address becomes one. */
function buildLink(url: string | undefined): Markup | string {
  if (url === undefined || !/^https?:\/\//i.test(url)) return "";
  return html`<a href="${url}" rel="noopener noreferrer">build</a>`;
}

function stackItem(stack: StackSummary): Markup {
  const sets = stack.statefulSets.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(" · ");
  const { incident } = stack;
  const about =
    incident === undefined
      ? ""
      : html` · <a href="/api/v1/incidents/${incident.name}">${incident.reason} (${incident.phase})</a>`;
  return html`<li>
    <strong>client ${stack.client}</strong> <span class="state ${stack.state}">${stack.state}</span>
    <span>${sets}${about}</span>
  </li>`;
}

function incidentTable(incidents: readonly Incident[]): Markup {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Detected</th>
          <th>Stack</th>
          <th>Reason</th>
          <th>Phase</th>
          <th>Tried</th>
          <th>Root cause</th>
        </tr>
      </thead>
      <tbody>
        ${incidents.map(
          ({ name, createdAt, spec, status }) =>
            html`<tr>
              <td><time>${stamp(status.times.Detected ?? createdAt)}</time></td>
              <td><a href="/api/v1/incidents/${name}">${spec.namespace} / ${spec.client}</a></td>
              <td>${status.reason}</td>
              <td><span class="state ${status.phase.toLowerCase()}">${status.phase}</span></td>
              <td>${status.attempts.map(({ action, outcome }) => `${action}: ${outcome}`).join(", ")}</td>
              <td>${status.rootCause}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
