import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Rehearsal, RehearsalFailure, RehearsedEpisode } from "./rehearsal.ts";

/** What `GET /rehearsal` answers. */
export interface RehearsalStatus {
  readonly cassettes: readonly string[];
  readonly episodes: readonly RehearsedEpisode[];
  readonly failures: readonly RehearsalFailure[];
}

/** Answers what the rehearsal played so far, on an address of its own: the other one is the model's API alone. */
export async function serveStatus(rehearsal: Rehearsal): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(({ method, url }, response) => {
    const found = method === "GET" && url === "/rehearsal";
    const { cassettes, failures } = rehearsal;
    const status: RehearsalStatus = { cassettes, episodes: rehearsal.episodes(), failures };
    response
      .writeHead(found ? 200 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(found ? status : { error: "only GET /rehearsal is here" }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/rehearsal`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
