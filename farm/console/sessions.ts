import { randomBytes } from "node:crypto";
import { isSameSecret } from "../build/same-secret.ts";

/** Who may use the console where a token is needed: the token itself, or a session that was opened with it. */
export interface Sessions {
  /** A session's id, or `undefined` for a wrong token. */
  open(token: string): string | undefined;
  isToken(token: string): boolean;
  isOpen(session: string): boolean;
  close(session: string): void;
}

export const SESSION_HOURS = 12;
const MOST_SESSIONS = 100;
/** Nobody guesses these; a shorter one is refused at start. */
export const SHORTEST_TOKEN = 16;

export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Sessions live in memory alone: a console that starts again asks for its token again. */
export function createSessions(token: string, now: () => number): Sessions {
  const ends = new Map<string, number>();
  const isToken = (given: string): boolean => isSameSecret(given, token);
  return {
    isToken,
    open(given) {
      if (!isToken(given)) return undefined;
      const session = newToken();
      ends.set(session, now() + SESSION_HOURS * 3_600_000);
      const [oldest] = ends.keys();
      if (ends.size > MOST_SESSIONS && oldest !== undefined) ends.delete(oldest);
      return session;
    },
    isOpen: (session) => (ends.get(session) ?? 0) > now(),
    close: (session) => void ends.delete(session),
  };
}
