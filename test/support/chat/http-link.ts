import { createServer, request as ask, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Passage {
  readonly method: string;
  readonly path: string;
  /** What the server answered; 0 when it was not there. */
  readonly status: number;
  readonly answered: boolean;
}

export interface HttpLink {
  readonly url: string;
  readonly passages: readonly Passage[];
  /** The answer to the next request of this method that the server takes never arrives. */
  swallowAnswer(method: string): void;
  close(): Promise<void>;
}

/** Stands between a client and a server: it can lose answers, and it knows what the server said. */
export async function openHttpLink(target: string): Promise<HttpLink> {
  const passages: Passage[] = [];
  const swallowed: string[] = [];
  const server = createServer((request, response) => {
    const { method = "", url: path = "" } = request;
    void buffer(request)
      .then((body) => forward(target, { method, path, headers: request.headers }, body))
      .then(
        ({ answer, body }) => {
          const status = answer.statusCode ?? 0;
          const index = status < 300 ? swallowed.indexOf(method) : -1;
          if (index !== -1) swallowed.splice(index, 1);
          passages.push({ method, path, status, answered: index === -1 });
          if (index !== -1) return response.destroy();
          response.writeHead(status, answer.headers);
          return response.end(body);
        },
        () => {
          passages.push({ method, path, status: 0, answered: false });
          response.destroy();
        },
      );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passages,
    swallowAnswer: (method) => void swallowed.push(method),
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

function forward(
  target: string,
  { method, path, headers }: { method: string; path: string; headers: IncomingMessage["headers"] },
  body: Buffer,
): Promise<{ answer: IncomingMessage; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { host: _, ...others } = headers;
    const asked = ask(new URL(path, target), { method, headers: others, agent: false }, (answer) => {
      buffer(answer).then((whole) => resolve({ answer, body: whole }), reject);
    });
    asked.once("error", reject);
    asked.end(body);
  });
}
