import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { endDaemon, isAlive, startDaemon, type Daemon } from "./daemon.ts";

describe("a background process", { skip: process.platform === "linux" ? false : "needs /proc" }, () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "bm-daemon-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  function start(script: string, name = "sh"): Promise<Daemon> {
    return startDaemon({
      name,
      command: "/bin/sh",
      args: ["-c", script],
      logFile: join(directory, `${name}.log`),
      lifetime: "parent",
    });
  }

  it("is alive until it is ended", async () => {
    const daemon = await start("exec sleep 60");
    assert.equal(isAlive(daemon), true);
    await endDaemon(daemon);
    assert.equal(isAlive(daemon), false);
  });

  it("is ended with SIGKILL when it does not heed SIGTERM", async () => {
    const daemon = await start("trap '' TERM; while :; do sleep 0.05; done");
    await endDaemon(daemon, 100);
    assert.equal(isAlive(daemon), false);
  });

  it("is not mistaken for a later process with the same id", async () => {
    const daemon = await start("exec sleep 60");
    const earlier = { ...daemon, startTicks: "1" };
    assert.equal(isAlive(earlier), false);
    await endDaemon(earlier);
    assert.equal(isAlive(daemon), true);
    await endDaemon(daemon);
  });

  it("is alive while another thread outlives its first one, for that holds its files", async () => {
    const script =
      "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); ctypes.CDLL(None).pthread_exit(None)";
    const daemon = await start(`exec python3 -c '${script}'`, "python3");
    const state = async () =>
      (await readFile(`/proc/${daemon.pid}/stat`, "utf8")).split(") ")[1]?.slice(0, 1);
    while ((await state()) !== "Z") await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isAlive(daemon), true);
    await endDaemon(daemon);
    assert.equal(isAlive(daemon), false);
  });

  it("writes what it says into its log", async () => {
    const daemon = await start("echo said; exec sleep 60", "talker");
    const file = join(directory, "talker.log");
    while ((await readFile(file, "utf8")) === "") await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await readFile(file, "utf8"), "said\n");
    await endDaemon(daemon);
  });

  it("that cannot be started is reported by name", async () => {
    const options = {
      name: "nothing",
      args: [],
      logFile: join(directory, "x.log"),
      lifetime: "detached",
    } as const;
    await assert.rejects(startDaemon({ ...options, command: "/does/not/exist" }), /cannot start nothing/);
  });
});
