import { useState } from "preact/hooks";
import type { BuildView, FarmView, PairView } from "../../farm/console/view.ts";
import { Empty } from "../shared/notices.tsx";
import { useNow } from "../shared/use-now.ts";
import { BuildCard, beginOf, endOf } from "./build-card.tsx";
import { modeName } from "./modes.ts";

/** The same mode without the medic and with it, on the same scale. */
export function Compare(props: {
  readonly farm: FarmView;
  readonly builds: readonly BuildView[];
  readonly ahead: number;
}) {
  const { farm, builds, ahead } = props;
  const [chosen, setChosen] = useState<string>();
  const complete = farm.pairs.filter((pair) => pair.without !== undefined && pair.with !== undefined);
  const pair = complete.find(({ mode }) => mode === chosen) ?? complete[0];
  return (
    <section aria-labelledby="compare-title" class="section">
      <div class="section-head">
        <h2 id="compare-title">Without the medic, and with it</h2>
        {complete.length > 1 && (
          <label class="pick small">
            <span class="soft">Compare</span>
            <select value={pair?.mode} onChange={(event) => setChosen(event.currentTarget.value)}>
              {complete.map(({ mode }) => (
                <option key={mode} value={mode}>
                  {modeName(mode)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {pair === undefined ? (
        <Empty title="Nothing to compare yet">
          <p>It takes a build of the same kind without the medic and one with it.</p>
        </Empty>
      ) : (
        <Pair pair={pair} builds={builds} ahead={ahead} />
      )}
    </section>
  );
}

function Pair({
  pair,
  builds,
  ahead,
}: {
  readonly pair: PairView;
  readonly builds: readonly BuildView[];
  readonly ahead: number;
}) {
  const now = useNow() + ahead;
  const both = [pair.without, pair.with].flatMap((id) => builds.find((build) => build.id === id) ?? []);
  const longest = Math.max(...both.map((build) => endOf(build, now) - beginOf(build)));
  return (
    <>
      <p class="soft small">
        {pair.sameSeed
          ? "Both had the same seed: the same fault in the same client."
          : "The seeds differ, so another client may have been hit."}
      </p>
      <div class="pair">
        {both.map((build) => (
          <BuildCard key={build.id} build={build} ahead={ahead} atLeastMs={longest} brief />
        ))}
      </div>
    </>
  );
}
