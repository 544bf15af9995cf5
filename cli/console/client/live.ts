/** The page's side of the connection: the newest message of each name, and whether more of them arrive. */
import { useEffect, useState } from "preact/hooks";

/** `lost`: the browser tries again; what is shown is as it was when the connection broke. */
export type Connection = "connecting" | "live" | "lost";

/** How long after the server has refused a connection, which the browser by itself does not try again. */
const retryMilliseconds = 1000;

/**
 * @example
 * const live = connect<ProductionMessages>({ health: true, ledger: true });
 * live.ask(new URLSearchParams());
 * const Health = () => html`${live.useTold("health")?.isHealthy}`;
 *
 * @param names every message's
 */
export const connect = <Messages extends object>(names: Record<keyof Messages & string, true>) => {
  const told: Partial<Messages> = {};
  const listeners = new Map<string, Set<() => void>>();
  let connection: Connection = "connecting";
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const notify = (name: string): void => {
    for (const listener of listeners.get(name) ?? []) listener();
  };
  const enter = (next: Connection): void => {
    if (connection === next) return;
    connection = next;
    notify("connection");
  };

  /** Connects anew. Until the first answers arrive, what was told stays. */
  const ask = (query: URLSearchParams): void => {
    source?.close();
    clearTimeout(retry);
    const opened = new EventSource(`/live?${query.toString()}`);
    source = opened;
    opened.addEventListener("open", () => enter("live"));
    opened.addEventListener("error", () => {
      enter("lost");
      if (opened.readyState !== EventSource.CLOSED) return;
      clearTimeout(retry);
      retry = setTimeout(() => ask(query), retryMilliseconds);
    });
    for (const name of Object.keys(names) as (keyof Messages & string)[]) {
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        told[name] = JSON.parse(data) as Messages[typeof name];
        notify(name);
      });
    }
  };

  const useNotified = (name: string): void => {
    const [, render] = useState({});
    useEffect(() => {
      const listener = (): void => render({});
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own.add(listener));
      // What was told between the first rendering and now.
      listener();
      return () => void own.delete(listener);
    }, [name]);
  };

  return {
    ask,
    /** The newest message of that name, undefined before the first: the component is rendered with each. */
    useTold: <Name extends keyof Messages & string>(name: Name): Messages[Name] | undefined => {
      useNotified(name);
      return told[name];
    },
    useConnection: (): Connection => {
      useNotified("connection");
      return connection;
    },
  };
};
