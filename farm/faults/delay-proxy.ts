/**
 * `node delay-proxy.ts LISTEN_PORT TARGET_PORT DELAY_MS`: forwards TCP to a port of 127.0.0.1 and holds every byte back
 * for a while, both ways. Runs inside a pod's network namespace, for machines whose kernel has no netem. Ends when its
 * stdin does, so that it never outlives the build that started it. Prints "ready" once it listens.
 */
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

const [listenPort = 0, targetPort = 0, delayMs = 0] = process.argv.slice(2).map(Number);

function forward(from: Socket, to: Socket): void {
  from.on("data", (chunk) => {
    setTimeout(() => {
      if (to.writable) to.write(chunk);
    }, delayMs);
  });
  from.on("end", () => setTimeout(() => to.end(), delayMs));
  from.on("error", () => to.destroy());
  from.on("close", () => setTimeout(() => to.destroy(), delayMs));
}

const server = createServer({ allowHalfOpen: true }, (client) => {
  const target = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
  forward(client, target);
  forward(target, client);
});
server.listen(listenPort, () => console.log("ready"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
