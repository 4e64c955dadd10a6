import { MODES } from "../faults/catalogue.ts";
import type { Mode } from "../faults/catalogue.ts";
import type { BuildRequest } from "./build-starter.ts";

const MODE = new RegExp(`(?<![\\w-])(${MODES.join("|")})(?![\\w-])`);
const MEDIC = /(?<![\w-])medic:? (on|off)(?![\w-])/;

/** What a run's title says of its inputs. The workflow's `run-name` holds the mode, and "medic on" or "medic off". */
export function readTitle(title: string): { readonly mode?: Mode; readonly medic?: boolean } {
  const mode = MODES.find((one) => one === MODE.exec(title)?.[1]);
  const medic = MEDIC.exec(title)?.[1];
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(medic === undefined ? {} : { medic: medic === "on" }),
  };
}

/** Whether a run with this title can be the one that was asked for; a title that says nothing fits everything. */
export function fits(title: string, request: BuildRequest): boolean {
  const { mode, medic } = readTitle(title);
  return (mode === undefined || mode === request.mode) && (medic === undefined || medic === request.medic);
}
