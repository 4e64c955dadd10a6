import type { FarmView } from "../../farm/console/view.ts";
import { Banner } from "../shared/notices.tsx";
import { Ago } from "../shared/times.tsx";
import type { Connection } from "../shared/use-event-source.ts";
import { tierTwoName } from "./modes.ts";

/** What the console looks at, in the page's head. */
export function SourceWords({ farm }: { readonly farm: FarmView }) {
  const { github, cluster, medic } = farm;
  const cordoned = cluster.nodes.filter((node) => node.cordoned).length;
  return (
    <>
      <span>
        builds run {github.kind === "local" ? "on this machine, by act" : `at GitHub, ${github.name}`}
      </span>
      <span>
        {cluster.nodes.length === 1 ? "1 node" : `${cluster.nodes.length} nodes`}
        {cordoned > 0 && `, ${cordoned} cordoned`}
      </span>
      {medic.url !== undefined && (
        <span>
          <a href={`${medic.url}/`} target="_blank" rel="noopener noreferrer">
            the medic's dashboard
          </a>
          , tier 2: {tierTwoName(medic.model)}
        </span>
      )}
    </>
  );
}

/** What the console does not see at the moment. */
export function Troubles({
  farm,
  connection,
}: {
  readonly farm: FarmView | undefined;
  readonly connection: Connection;
}) {
  return (
    <>
      {connection.state === "lost" && (
        <Banner tone="bad" alert>
          The console does not answer since <Ago at={connection.since} />: what is shown may be old. The page
          tries again by itself.
        </Banner>
      )}
      {farm?.github.problem !== undefined && (
        <Banner tone="warn">Builds cannot be seen or started now: {farm.github.problem}</Banner>
      )}
      {farm?.cluster.problem !== undefined && (
        <Banner tone="warn">The cluster is not seen now, so states may be old: {farm.cluster.problem}</Banner>
      )}
      {farm?.medic.problem !== undefined && (
        <Banner tone="warn">The medic is not seen now: {farm.medic.problem}</Banner>
      )}
    </>
  );
}
