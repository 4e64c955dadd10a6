import { useEffect, useState } from "preact/hooks";

/** Where the page is: the path and the query behind `#`. Survives a reload, and the back button works. */
export interface Place {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const moved = (): void => setPlace(placeOf(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s, 2);
  return { path: path === "" ? "/" : path, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The hash of a place, for a link; empty values are left out. */
export function hashOf(path: string, query: Readonly<Record<string, string>> = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value !== "");
  const words = new URLSearchParams(filled).toString();
  return words === "" ? `#${path}` : `#${path}?${words}`;
}

/** Changes the place without a new step in the history: for what is typed. */
export function replacePlace(path: string, query: Readonly<Record<string, string>>): void {
  history.replaceState(undefined, "", hashOf(path, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
