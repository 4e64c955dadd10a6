import { createHash, timingSafeEqual } from "node:crypto";

/** Whether the two are equal, in a time that tells nothing of either. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

/** Of equal length whatever was given. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
