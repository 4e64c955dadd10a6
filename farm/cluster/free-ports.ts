import { createServer, type Server } from "node:net";

/** Finds TCP ports that are free on an address right now, all different. Each wish is kept when that port is free; 0 is any. */
export async function freePorts(address: string, wishes: readonly number[]): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (const wish of wishes) {
      servers.push((wish === 0 ? undefined : await listen(address, wish)) ?? (await listenAnywhere(address)));
    }
    return servers.map((server) => portOf(server));
  } finally {
    for (const server of servers) server.close();
  }
}

/** Below the ports that systems give to outgoing connections, so that none of these takes one while its server restarts. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

async function listenAnywhere(address: string): Promise<Server> {
  for (let tries = 0; tries < 200; tries += 1) {
    const server = await listen(address, FIRST_PORT + Math.floor(Math.random() * PORTS));
    if (server !== undefined) return server;
  }
  throw new Error(`no free TCP port on ${address}.`);
}

function listen(address: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, address, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}
