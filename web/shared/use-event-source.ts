import { useEffect, useRef, useState } from "preact/hooks";

/** `lost` since the time given: what is shown may be old. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number };

const SLOWEST_MS = 15_000;

/**
 * Server-sent events by their names, each parsed as JSON. It connects again by itself, also where the browser gives up
 * (an HTTP error), more slowly the longer it fails. `onOpen` runs at each new connection: what was known may be old.
 */
export function useEventSource(
  path: string,
  handlers: Readonly<Record<string, (data: unknown) => void>>,
  onOpen?: () => void,
): Connection {
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const latest = useRef({ handlers, onOpen });
  latest.current = { handlers, onOpen };
  const names = Object.keys(handlers).sort().join(",");
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const open = (): void => {
      const own = new EventSource(path);
      source = own;
      own.addEventListener("open", () => {
        failures = 0;
        latest.current.onOpen?.();
        setConnection({ state: "live" });
      });
      own.addEventListener("error", () => {
        setConnection((known) => (known.state === "lost" ? known : { state: "lost", since: Date.now() }));
        if (own.readyState !== EventSource.CLOSED) return;
        failures += 1;
        timer = setTimeout(open, Math.min(SLOWEST_MS, 1000 * 2 ** failures));
      });
      for (const name of names.split(","))
        own.addEventListener(name, (event) => {
          latest.current.handlers[name]?.(JSON.parse((event as MessageEvent<string>).data));
        });
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [path, names]);
  return connection;
}
