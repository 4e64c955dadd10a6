import type { FaultPlan } from "./fault-plan.ts";
import type { Kube } from "./kube.ts";
import type { BuildOptions } from "./options.ts";

/** One build under way, as its clients see it. */
export interface Build {
  readonly options: BuildOptions;
  readonly runId: string;
  readonly namespace: string;
  /** Its commands end when the build is interrupted. */
  readonly kube: Kube;
  /** Folder of the chart that every client installs. */
  readonly chart: string;
  /** Values of the chart that are the same for every client: the images. */
  readonly chartValues: Readonly<Record<string, string>>;
  readonly faults: FaultPlan;
  /** One line of progress for people. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}
