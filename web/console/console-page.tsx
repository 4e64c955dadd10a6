import { useEffect, useState } from "preact/hooks";
import type { BuildView, FarmView } from "../../farm/console/view.ts";
import { Frame } from "../shared/frame.tsx";
import { Empty } from "../shared/notices.tsx";
import { hashOf, usePlace } from "../shared/use-hash.ts";
import { endSession, readSession } from "./api.ts";
import type { SessionAnswer } from "./api.ts";
import { BuildCard } from "./build-card.tsx";
import { Compare } from "./compare.tsx";
import { History } from "./history.tsx";
import { SourceWords, Troubles } from "./sources.tsx";
import { StartForm } from "./start-form.tsx";
import { TokenForm } from "./token-form.tsx";
import { TotalsStrip } from "./totals-strip.tsx";
import { useConsole } from "./use-console.ts";

/** The whole page: behind the token where one is needed. */
export function ConsolePage() {
  const [session, setSession] = useState<SessionAnswer>();
  useEffect(() => {
    readSession().then(setSession, () => setSession({ needed: false, open: true }));
  }, []);
  if (session === undefined) return null;
  if (session.open) return <Board lock={session.needed ? () => endSession().then(setSession) : undefined} />;
  return (
    <Frame name="Farm console" status={null}>
      <TokenForm onOpen={setSession} />
    </Frame>
  );
}

/** `lock`: asks for the token again; absent where none is needed. */
function Board({ lock }: { readonly lock: (() => Promise<void>) | undefined }) {
  const { farm, builds, complete, ahead, said, connection } = useConsole();
  const build = usePlace().path.match(/^\/builds\/([\d-]+)$/)?.[1];
  const status = (
    <>
      {farm !== undefined && <SourceWords farm={farm} />}
      {lock !== undefined && (
        <button type="button" onClick={() => void lock()}>
          Lock
        </button>
      )}
    </>
  );
  return (
    <Frame name="Farm console" status={status} said={said}>
      <Troubles farm={farm} connection={connection} />
      {farm !== undefined && complete && build === undefined && (
        <Overview farm={farm} builds={builds} ahead={ahead} />
      )}
      {complete && build !== undefined && (
        <OneBuild build={builds.find(({ id }) => id === build)} ahead={ahead} />
      )}
    </Frame>
  );
}

interface OverviewProps {
  readonly farm: FarmView;
  readonly builds: readonly BuildView[];
  readonly ahead: number;
}

function Overview({ farm, builds, ahead }: OverviewProps) {
  const underWay = builds.filter(({ endedAt }) => endedAt === undefined);
  const last = underWay.length === 0 ? builds.slice(0, 1) : [];
  return (
    <>
      <h1 class="unseen">Farm console</h1>
      <TotalsStrip totals={farm.totals} />
      <StartForm farm={farm} underWay={underWay.length} />
      <section aria-labelledby="live-title" class="section">
        <h2 id="live-title">{underWay.length === 0 && last.length > 0 ? "The last build" : "Under way"}</h2>
        {builds.length === 0 && (
          <Empty title="No build is under way">
            <p>Start one: four clients will come up here, side by side.</p>
          </Empty>
        )}
        {[...underWay, ...last].map((build) => (
          <BuildCard key={build.id} build={build} ahead={ahead} />
        ))}
      </section>
      <Compare farm={farm} builds={builds} ahead={ahead} />
      <History builds={builds} />
    </>
  );
}

function OneBuild({ build, ahead }: { readonly build: BuildView | undefined; readonly ahead: number }) {
  return (
    <>
      <p class="back">
        <a href={hashOf("/")}>All builds</a>
      </p>
      <h1 class="unseen">{build === undefined ? "Unknown build" : `Build ${build.runId}`}</h1>
      {build === undefined ? (
        <Empty title="There is no such build">
          <p>It may be too long ago: only the newest ones are kept.</p>
        </Empty>
      ) : (
        <BuildCard build={build} ahead={ahead} />
      )}
    </>
  );
}
