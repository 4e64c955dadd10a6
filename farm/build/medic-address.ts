/** Whether a medic lives there. */
export function answersHealth(url: string): Promise<boolean> {
  return answers(`${url}/healthz`);
}

/** Whether a medic there has taken in the cluster and watches it. */
export function answersReady(url: string): Promise<boolean> {
  return answers(`${url}/readyz`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
