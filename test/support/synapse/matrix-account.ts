import { sleep } from "../../../farm/build/sleep.ts";

export interface RoomMessage {
  readonly eventId: string;
  readonly sender: string;
  readonly content: Readonly<Record<string, unknown>> & {
    readonly body: string;
    readonly formatted_body: string;
  };
}

export interface MatrixAccount {
  readonly userId: string;
  readonly token: string;
  /** Any request of the client API, through the server's limits; throws when it is refused. */
  ask<T>(method: string, route: string, body?: unknown): Promise<T>;
  /** Every message in the room, oldest first. */
  timeline(roomId: string): Promise<readonly RoomMessage[]>;
}

interface Page {
  readonly chunk: readonly {
    readonly type: string;
    readonly event_id: string;
    readonly sender: string;
    readonly content: RoomMessage["content"];
  }[];
  readonly end?: string;
}

/** A new account, with a login of its own. */
export async function newAccount(url: string, username: string): Promise<MatrixAccount> {
  const password = `${username}-on-the-loopback-interface`;
  const ask = (token?: string) => requester(url, token);
  await ask()<unknown>("POST", "register", {
    username,
    password,
    auth: { type: "m.login.dummy" },
    inhibit_login: true,
  });
  const identifier = { type: "m.id.user", user: username };
  const login = await ask()<{ access_token: string; user_id: string }>("POST", "login", {
    type: "m.login.password",
    identifier,
    password,
  });
  const { access_token: token, user_id: userId } = login;
  return {
    userId,
    token,
    ask: ask(token),
    async timeline(roomId) {
      const found: RoomMessage[] = [];
      let from = "";
      for (;;) {
        const page = await ask(token)<Page>(
          "GET",
          `rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=100${from && `&from=${from}`}`,
        );
        for (const { type, event_id: eventId, sender, content } of page.chunk)
          if (type === "m.room.message") found.push({ eventId, sender, content });
        if (page.end === undefined) return found;
        from = page.end;
      }
    },
  };
}

function requester(url: string, token?: string): MatrixAccount["ask"] {
  return async <T>(method: string, route: string, body?: unknown) => {
    for (;;) {
      const response = await fetch(`${url}/_matrix/client/v3/${route}`, {
        method,
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (response.ok) return answer as T;
      if (response.status !== 429)
        throw new Error(`${method} ${route}: ${response.status} ${JSON.stringify(answer)}`);
      await sleep((answer as { retry_after_ms: number }).retry_after_ms);
    }
  };
}
