import { momentOf } from "../faults/catalogue.ts";
import type { FaultMoment, FaultName } from "../faults/catalogue.ts";
import type { ActiveFault } from "../faults/fault.ts";
import { inject } from "../faults/inject.ts";
import type { FaultSite } from "../faults/fault.ts";
import { FarmError } from "./kube.ts";
import type { Kube } from "./kube.ts";
import type { BuildOptions } from "./options.ts";
import { waitUntilPlaced, waitUntilRunning } from "./placement.ts";
import type { FaultRecord } from "./record.ts";

export interface FaultPlanContext {
  readonly options: BuildOptions;
  readonly runId: string;
  readonly namespace: string;
  /** For the fault itself and for its healing: never aborted, so that nothing stays half done. */
  readonly kube: Kube;
  readonly rememberCordon: (nodes: readonly string[]) => Promise<void>;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
  /** How a fault is put in; into this very process when absent. */
  readonly inject?: (fault: FaultName, site: FaultSite) => Promise<ActiveFault>;
  /** How long the other clients have until their pods are placed, before every node is cordoned. */
  readonly placedWithinSeconds?: number;
}

const PLACED_WITHIN_SECONDS = 60;

/** The one fault of a build: put in at its moment, taken out at the end. */
export class FaultPlan {
  readonly #context: FaultPlanContext;
  #active: ActiveFault | undefined;
  #record: FaultRecord | undefined;

  constructor(context: FaultPlanContext) {
    this.#context = context;
  }

  /** What was done, once it was tried. */
  get record(): FaultRecord | undefined {
    return this.#record;
  }

  /** A client has come to this moment: puts the fault in when it is this client's and due now. */
  async at(moment: FaultMoment, client: number): Promise<void> {
    const { fault, target } = this.#context.options;
    if (fault === undefined || client !== target || momentOf(fault) !== moment) return;
    try {
      await this.#prepare(moment, client);
      const put = this.#context.inject ?? inject;
      this.#active = await put(fault, { ...this.#context, client });
      this.#record = this.#describe(this.#active.detail, true);
      this.#context.report(`client ${client}: fault in place: ${this.#active.detail}`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#record = this.#describe(error.message, false);
      if (!this.#context.signal.aborted) throw error;
    }
  }

  /** Takes the fault out. Throws when something is left of it. */
  async heal(): Promise<void> {
    await this.#active?.heal();
  }

  async #prepare(moment: FaultMoment, client: number): Promise<void> {
    const { kube, namespace, options, signal } = this.#context;
    if (moment === "running") await waitUntilRunning(kube, { namespace, client }, signal);
    if (moment !== "scheduled") return;
    const perClient = options.runner === "pod" ? 3 : 2;
    const withinSeconds = this.#context.placedWithinSeconds ?? PLACED_WITHIN_SECONDS;
    await waitUntilPlaced(kube, { namespace, pods: options.clients * perClient, withinSeconds, signal });
  }

  #describe(detail: string, injected: boolean): FaultRecord {
    const { fault, target } = this.#context.options;
    if (fault === undefined) throw new FarmError("this build has no fault");
    return { name: fault, target, detail, injected, at: new Date().toISOString() };
  }
}
