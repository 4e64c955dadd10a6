import { isMask, isReference, type Mask } from "./mask.ts";

/** Masks the password in `scheme://user:password@host`, and a long token in `scheme://token@host`. Linear in the text. */
export function maskUrls(text: string, mask: Mask): string {
  let out = "";
  let done = 0;
  for (let at = text.indexOf("://"); at >= 0;) {
    const next = text.indexOf("://", at + 3);
    const authority = authorityAt(text, at + 3, next < 0 ? text.length : next);
    const secret = secretOf(authority);
    if (secret !== undefined) {
      const start = at + 3 + secret.start;
      const end = at + 3 + secret.end;
      out += text.slice(done, start) + mask(text.slice(start, end));
      done = end;
    }
    at = next;
  }
  return out + text.slice(done);
}

/** The text up to white space or a quote, and not beyond the next URL. */
function authorityAt(text: string, from: number, limit: number): string {
  const part = text.slice(from, limit);
  const end = part.search(/[\s"'<>`]/);
  return end < 0 ? part : part.slice(0, end);
}

function secretOf(authority: string): { start: number; end: number } | undefined {
  const at = authority.lastIndexOf("@");
  // `docker-pullable://nginx:1.27@sha256:…` is an image with its digest.
  if (at < 0 || /^sha(?:256|512):/.test(authority.slice(at + 1))) return undefined;
  const colon = /^[^/?#@:[]*:/.exec(authority)?.[0].length;
  if (colon === undefined || colon > at) {
    const user = authority.slice(0, at);
    return /^[\w.~-]{16,}$/.test(user) && /\d/.test(user) ? { start: 0, end: at } : undefined;
  }
  const password = authority.slice(colon, at);
  // A port with a path behind it: the `@` belongs to the path.
  if (password === "" || /^\d+[/?#]/.test(password) || isMask(password) || isReference(password))
    return undefined;
  return { start: colon, end: at };
}
