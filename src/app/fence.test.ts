import assert from "node:assert/strict";
import { test } from "node:test";
import { fenced } from "./fence.ts";

/** Ports that note what reaches them; whatever is asked of them they do. */
function ports(reached: string[]) {
  const port = (name: string, ...calls: readonly string[]) =>
    Object.fromEntries(
      calls.map((call) => [
        call,
        () => {
          reached.push(`${name}.${call}`);
          return Promise.resolve();
        },
      ]),
    );
  return {
    cluster: port("cluster", "gather", "examine", "execute"),
    incidents: port("incidents", "read", "create", "update", "remove"),
    chat: port("chat", "send"),
    announcer: port("announcer", "announce"),
  } as never as Parameters<typeof fenced>[0];
}

const writes = {
  "a change of the cluster": (own) => own.cluster.execute({} as never, {} as never, {} as never),
  "a new incident": (own) => own.incidents.create("", {} as never, {} as never, {} as never),
  "an incident's status": (own) => own.incidents.update({} as never, {} as never, {} as never),
  "the end of an old incident": (own) => own.incidents.remove({} as never, {} as never),
  "a message": (own) => own.chat.send({} as never, {} as never),
} satisfies Record<string, (own: Parameters<typeof fenced>[0]) => Promise<unknown>>;

for (const [what, write] of Object.entries(writes)) {
  test(`${what} passes while the lease is held, and is refused as soon as it is not`, async () => {
    const reached: string[] = [];
    let holds = true;
    const own = fenced(ports(reached), () => holds);
    await write(own);
    assert.equal(reached.length, 1);
    holds = false;
    await assert.rejects(write(own), /another replica may lead/);
    assert.equal(reached.length, 1);
  });
}

test("an Event is left unsaid without the lease, and nothing is refused for it", async () => {
  const reached: string[] = [];
  let holds = true;
  const own = fenced(ports(reached), () => holds);
  await own.announcer.announce({} as never, {} as never, {} as never);
  holds = false;
  await own.announcer.announce({} as never, {} as never, {} as never);
  assert.deepEqual(reached, ["announcer.announce"]);
});

test("what only looks passes without the lease", async () => {
  const reached: string[] = [];
  const own = fenced(ports(reached), () => false);
  await own.cluster.gather({} as never, {} as never);
  await own.incidents.read("", {} as never);
  assert.deepEqual(reached, ["cluster.gather", "incidents.read"]);
});
