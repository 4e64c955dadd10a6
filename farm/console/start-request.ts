import { z } from "zod";
import { UsageError } from "../build/kube.ts";
import { readBuildOptions } from "../build/options.ts";
import { MODES } from "../faults/catalogue.ts";
import type { Asked } from "./build-facts.ts";
import { defined } from "./defined.ts";

/** The form as the page sends it; a field that is left open is not sent. */
const schema = z
  .strictObject({
    mode: z.unknown(),
    medic: z.unknown(),
    clients: z.unknown(),
    target: z.unknown(),
    seed: z.unknown(),
    timeout: z.unknown(),
  })
  .partial();

/** A farm has a runner for each client; more than these do not fit on one page either. */
const MOST_CLIENTS = 8;

/**
 * A build that was asked for, decided to the last detail. Throws `UsageError` with the sentence that `farm build` says
 * to the same mistake.
 */
export function readStartRequest(body: unknown, freshSeed: () => number): Asked {
  const form = schema.safeParse(body);
  if (!form.success) {
    throw new UsageError(
      "A build has mode, medic, clients, target, seed and timeout, as a JSON object; nothing else.",
    );
  }
  const { mode, medic, clients, target, seed, timeout } = form.data;
  if (mode === undefined) throw new UsageError(`Say which build: --mode ${MODES.join("|")}.`);
  const options = readBuildOptions(
    defined({
      mode: word(mode),
      medic: onOff(medic),
      clients: word(clients),
      target: word(target),
      seed: word(seed),
      timeout: word(timeout),
    }),
    freshSeed,
  );
  if (options.clients > MOST_CLIENTS)
    throw new UsageError(`--clients is a whole number from 1 to ${MOST_CLIENTS}, not "${options.clients}".`);
  return defined({
    mode: options.mode === "custom" ? "none" : options.mode,
    medic: options.medic,
    clients: options.clients,
    target: options.target,
    seed: options.seed,
    fault: options.fault,
    timeout: timeout === undefined ? undefined : options.timeoutSeconds,
  });
}

/** As it would have been typed; what is no word at all is quoted in the refusal. */
function word(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? value.slice(0, 100) : JSON.stringify(value).slice(0, 100);
}

function onOff(value: unknown): string | undefined {
  if (value === true) return "on";
  return value === false ? "off" : word(value);
}
