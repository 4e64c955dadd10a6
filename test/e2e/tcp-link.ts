import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface TcpLink {
  readonly port: number;
  /** How many connections were made through it so far. */
  readonly connections: () => number;
  /** From now on nothing passes and nothing is closed, as with a network that drops every packet. */
  readonly cut: () => void;
  /** New connections pass again. What was open while it was cut stays dead. */
  readonly heal: () => void;
  /** Adds this many milliseconds to everything that goes to the far side. */
  readonly delay: (ms: number) => void;
  readonly close: () => Promise<void>;
}

/** A TCP link to a loopback port that a test can cut and slow down. */
export async function openLink(targetPort: number): Promise<TcpLink> {
  let isCut = false;
  let delayMs = 0;
  let count = 0;
  const sockets = new Set<Socket>();
  const connections = new Set<{ dead: boolean }>();
  const server = createServer((near) => {
    count += 1;
    const far = connect(targetPort, "127.0.0.1");
    const connection = { dead: isCut };
    connections.add(connection);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    const passes = () => !connection.dead;
    near.on("data", (data) => setTimeout(() => passes() && far.write(data), delayMs));
    far.on("data", (data) => passes() && near.write(data));
    near.on("close", () => passes() && far.destroy());
    far.on("close", () => passes() && near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    connections: () => count,
    cut: () => {
      isCut = true;
      for (const connection of connections) connection.dead = true;
    },
    heal: () => {
      isCut = false;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
