/** A Lease as far as the election needs it. */
export interface LeaseRecord {
  /** Empty: nobody holds it. */
  readonly holder: string;
  /** As stored; only compared, for the holder's clock is not ours. */
  readonly renewTime: string;
}

/** A record and when it was first seen so, in milliseconds of a clock that only goes forward. */
export interface Seen {
  readonly record: LeaseRecord;
  readonly at: number;
}

/** How long a record may stay unchanged before somebody else takes the lease. */
export const LEASE_MS = 20_000;
/** How long its holder goes on without having renewed it: it has stopped before anybody else begins. */
export const HOLD_MS = 15_000;
/** How often it is renewed, and looked at by those who wait for it. */
export const RENEW_EVERY_MS = 2_000;

/** The record with the instant since which it is known to be so. */
export function seenAt(before: Seen | undefined, record: LeaseRecord, now: number): Seen {
  const same =
    before !== undefined &&
    before.record.holder === record.holder &&
    before.record.renewTime === record.renewTime;
  return same ? before : { record, at: now };
}

/** Free, our own from before a restart, or not renewed for the whole of its time. */
export function mayTake({ record, at }: Seen, me: string, now: number): boolean {
  return record.holder === "" || record.holder === me || now - at >= LEASE_MS;
}

/** Whether a holder that last renewed then (when it began to ask) may still act. */
export function stillHolds(renewedAt: number | undefined, now: number): boolean {
  return renewedAt !== undefined && now - renewedAt < HOLD_MS;
}
