/** The real time and real timers; timers do not keep the process alive. */
export const systemClock = {
  now: (): number => Date.now(),
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
