import type { Announcer, Chat, Cluster, Incidents } from "../controllers/ports.ts";
import { MedicError } from "../lib/medic-error.ts";

interface Ports {
  readonly cluster: Cluster;
  readonly incidents: Incidents;
  readonly chat: Chat;
  readonly announcer: Announcer;
}

/**
 * Everything that another replica would see, asked of the lease right before: a leader that lost it stops at the next write,
 * wherever in its work it is, and before another one begins.
 */
export function fenced<T extends Ports>(ports: T, holds: () => boolean): T {
  const { cluster, incidents, chat, announcer } = ports;
  async function whileHeld<R>(act: () => Promise<R>): Promise<R> {
    if (!holds())
      throw new MedicError("not-leader", "another replica may lead by now, so nothing is changed");
    return act();
  }
  return {
    ...ports,
    cluster: { ...cluster, execute: (...given) => whileHeld(() => cluster.execute(...given)) },
    incidents: {
      ...incidents,
      create: (...given) => whileHeld(() => incidents.create(...given)),
      update: (...given) => whileHeld(() => incidents.update(...given)),
      remove: (...given) => whileHeld(() => incidents.remove(...given)),
    },
    // It never rejects: what cannot be said is left unsaid.
    announcer: {
      announce: async (...given) => (holds() ? announcer.announce(...given) : undefined),
    },
    chat: { ...chat, send: (...given) => whileHeld(() => chat.send(...given)) },
  };
}
