/**
 * `node main.ts ADDRESS_FILE MEDIC_FILE`: the rehearsal as a process of its own, which outlives the command that started
 * it as the shared medic does. Writes where it listens to ADDRESS_FILE. Ends on SIGTERM, and by itself when MEDIC_FILE no
 * longer names a living medic that uses it: then everybody who could have ended it is gone.
 */
import { isAlive } from "../build/owner.ts";
import { readJson, writeJson } from "../build/out-folder.ts";
import type { SharedMedic } from "../build/shared-medic.ts";
import type { RehearsalAddress } from "../build/rehearsal-process.ts";
import { startRehearsal } from "./rehearsal.ts";
import { serveStatus } from "./status-server.ts";

const LOOK_EVERY_MS = 5000;
/** The medic is started after the rehearsal and may take its time; later a restart of it may fall between two looks. */
const MISSED_LOOKS = 18;

const [addressFile, medicFile] = process.argv.slice(2);
if (addressFile === undefined || medicFile === undefined)
  throw new Error("usage: main.ts ADDRESS_FILE MEDIC_FILE");
await serve(addressFile, medicFile);

async function serve(address: string, medic: string): Promise<void> {
  const rehearsal = await startRehearsal({
    report: (line) => console.log(`${new Date().toISOString()} ${line}`),
  });
  const status = await serveStatus(rehearsal);
  const stop = (why: string): void => {
    console.log(`${new Date().toISOString()} the rehearsal ends: ${why}`);
    clearInterval(timer);
    status.close();
    void rehearsal.close();
  };
  let missed = 0;
  const timer = setInterval(() => {
    void isWanted(medic).then((wanted) => {
      missed = wanted ? 0 : missed + 1;
      if (missed >= MISSED_LOOKS) stop("no medic uses it");
    });
  }, LOOK_EVERY_MS);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop(signal));
  const { environment } = rehearsal;
  await writeJson(address, { environment, statusUrl: status.url } satisfies RehearsalAddress);
}

async function isWanted(medicFile: string): Promise<boolean> {
  const shared = await readJson<SharedMedic>(medicFile);
  return shared?.rehearsal?.owner.pid === process.pid && isAlive(shared.owner);
}
