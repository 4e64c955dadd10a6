import { createServer, type Server } from "node:net";

/** Finds TCP ports that are free on an address right now, all different. Each wish is kept when that port is free. */
export async function freePorts(address: string, wishes: readonly number[]): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (const wish of wishes) {
      servers.push((await listen(address, wish)) ?? (await listenAnywhere(address)));
    }
    return servers.map((server) => portOf(server));
  } finally {
    for (const server of servers) server.close();
  }
}

async function listenAnywhere(address: string): Promise<Server> {
  const server = await listen(address, 0);
  if (server === undefined) throw new Error(`no free TCP port on ${address}.`);
  return server;
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
