import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { startRocketChatDouble } from "../support/rocketchat/double.ts";
import type { RocketChatDouble } from "../support/rocketchat/double.ts";
import { incidentsOf, installMedic, medicWrites, startMedic } from "../support/medic-process.ts";
import { containerOf, createBuild, createStack, eventually } from "../support/test-stack.ts";
import type { StackOptions } from "../support/test-stack.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const entry = here("../support/crashing-medic.ts");
const missing = "farm.test/server:missing";

const outages: Readonly<
  Record<
    string,
    { options: Omit<StackOptions, "namespace" | "client">; phase: string; writes: number; messages: number }
  >
> = {
  "a repair": {
    options: { fault: (set) => (containerOf(set)["image"] = missing) },
    phase: "Resolved",
    writes: 2,
    messages: 0,
  },
  "an escalation": {
    options: {
      annotations: { "medic/expected-image": missing, "medic/expected-template": null },
      fault: (set) => (containerOf(set)["image"] = missing),
    },
    phase: "Escalated",
    writes: 0,
    messages: 1,
  },
};

/** The medic is killed with SIGKILL at one step of an incident and started again, for every step there is. */
describe("a medic that is killed at any step of an incident", () => {
  let plane: ControlPlane;
  let chat: RocketChatDouble;
  let builds = 0;

  before(async () => {
    plane = await startControlPlane({
      log: () => {},
      fakeNodes: { count: 1, stages: [here("../support/stages/image-missing.yaml")] },
    });
    chat = await startRocketChatDouble({});
    await installMedic(plane.admin);
  });
  after(async () => {
    await chat?.stop();
    await plane?.stop();
  });

  for (const [name, { options, phase, writes, messages }] of Object.entries(outages)) {
    it(`leaves one incident, ${messages} messages and no repeated write after ${name}`, async (t) => {
      const seams = await run(undefined);
      assert.ok(seams.length >= 8, seams.join(" "));
      // Nothing outside happens between one seam's `after` and the next one's `before`: one of the two is enough.
      for (const seam of seams.filter((name) => name.includes(":after:"))) {
        await t.test(`killed at ${seam}`, async () => void (await run(seam)));
      }
    });

    /** One outage from fault to end; killed at `seam` when one is given. Returns the seams that were passed. */
    async function run(seam: string | undefined): Promise<readonly string[]> {
      builds += 1;
      const namespace = `crash-${builds}`;
      const stateDir = await mkdtemp(join(tmpdir(), "medic-crash-"));
      const common = {
        kubeconfig: plane.kubeconfig,
        stateDir,
        env: { ...chat.env, MEDIC_DEBOUNCE_SECONDS: "1" },
      };
      const sent = chat.messages().length;
      await createBuild(plane.admin, namespace);
      await createStack(plane.admin, { namespace, client: "0", ...options });
      const first = await startMedic({
        ...common,
        entry,
        early: true,
        env: { ...common.env, ...(seam === undefined ? {} : { CRASH_AT: seam }) },
      });
      if (seam !== undefined) assert.equal(await first.ended, "SIGKILL");
      const medic = seam === undefined ? first : await startMedic(common);
      await eventually(`${namespace} is ${phase}`, async () =>
        (await incidentsOf(plane.admin, namespace)).some(
          ({ status }) =>
            status?.phase === phase && (messages === 0 || status.escalation?.sentAt !== undefined),
        ),
      );
      await medic.stop();
      assert.equal((await incidentsOf(plane.admin, namespace)).length, 1);
      assert.equal(chat.messages().length - sent, messages);
      assert.equal((await medicWrites(plane.auditLog, namespace)).length, writes);
      await rm(stateDir, { recursive: true, force: true });
      return first.lines.flatMap((line) => (typeof line["seam"] === "string" ? [line["seam"]] : []));
    }
  }
});
