import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { MedicError } from "../lib/medic-error.ts";

export interface HttpServer {
  /** With the port that was taken. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection, streams too. */
  close(): Promise<void>;
}

/** Serves the API. Rejects with a MedicError when the address cannot be had. */
export async function serveApi(
  api: Hono,
  address: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const listener = getRequestListener(api.fetch);
  const server = createServer((request, response) => void listener(request, response));
  // A slow or silent client does not keep a connection for ever.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refused(error, address)));
    server.listen(address.port, address.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refused(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): MedicError {
  const why =
    error.code === "EADDRINUSE"
      ? "it is in use; stop what listens there, or choose another one with --port (0 takes any free one)"
      : `${error.message}; choose another address with --host and --port`;
  return new MedicError("HttpUnavailable", `port ${port} on ${host} cannot be opened: ${why}`, {
    cause: error,
    retriable: false,
  });
}
