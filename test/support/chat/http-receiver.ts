import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Take it and say nothing. */
  readonly silent?: boolean;
}

/** An HTTP server on the loopback interface that keeps what it gets and answers what it is told, then 200. */
export async function startReceiver(): Promise<{
  readonly url: string;
  readonly received: readonly Received[];
  answer(...answers: readonly Answer[]): void;
  stop(): Promise<void>;
}> {
  const received: Received[] = [];
  const planned: Answer[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = "", url: path = "", headers } = request;
      received.push({ method, path, headers, body });
      const answer = planned.shift() ?? {};
      if (answer.silent === true) return;
      response.writeHead(answer.status ?? 200, { ...answer.headers });
      response.end(answer.body ?? "ok");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...answers) => void planned.push(...answers),
    stop() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
