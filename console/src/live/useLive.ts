// Live lists for components.
import { createContext, use, useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import { listPath, type ResourceType } from "../api/resources";
import type { Status } from "../domain/objects";
import { type Collection, NOTHING_YET } from "./frames";
import type { Link } from "./connection";
import type { LiveHub } from "./hub";

export const HubContext = createContext<LiveHub | null>(null);

export interface Live<T> {
  items: T[];
  isLoading: boolean;
  /** The server does not have this kind. */
  isAbsent: boolean;
  error?: Status;
}

export interface Choice {
  namespace?: string;
  labels?: string;
  fields?: string;
  /** Do not watch at the moment. */
  isOff?: boolean;
}

const NO_READER = () => () => undefined;

/** Watch a kind of objects, all of them or a choice, as long as the component is there. */
export function useLive<T>(
  type: ResourceType<T>,
  { namespace = "", labels = "", fields = "", isOff = false }: Choice = {},
): Live<T> {
  const hub = useHub();
  const path = listPath(type, namespace);
  const query = useMemo(() => queryOf(labels, fields), [labels, fields]);
  const subscribe = useCallback((reader: () => void) => hub.subscribe(path, query, reader), [hub, path, query]);
  const snapshot = useCallback(
    (): Collection => (isOff ? NOTHING_YET : hub.snapshot(path, query)),
    [hub, path, query, isOff],
  );
  const collection = useSyncExternalStore(isOff ? NO_READER : subscribe, snapshot);
  return useMemo(() => liveOf<T>(collection), [collection]);
}

/** Watch one object. */
export function useLiveObject<T>(type: ResourceType<T>, namespace: string, name: string): Live<T> & { object?: T } {
  const live = useLive(type, { namespace, fields: `metadata.name=${name}` });
  return { ...live, object: live.items[0] };
}

/** Whether the page hears the server at the moment. */
export function useLink(): Link {
  const hub = useHub();
  return useSyncExternalStore(hub.onLinkChange, () => hub.link);
}

export function useHub(): LiveHub {
  const hub = use(HubContext);
  if (!hub) throw new Error("useHub outside of HubContext");
  return hub;
}

function liveOf<T>({ phase, objects, error }: Collection): Live<T> {
  const isAbsent = phase === "failed" && error?.code === 404;
  return {
    items: [...objects.values()] as T[],
    isLoading: phase === "loading",
    isAbsent,
    error: isAbsent ? undefined : error,
  };
}

function queryOf(labels: string, fields: string): string {
  const query = new URLSearchParams();
  if (labels) query.set("labelSelector", labels);
  if (fields) query.set("fieldSelector", fields);
  return query.toString();
}

/** Watch several choices of one kind at once; the answers stand in the order of the choices. */
export function useLiveMany<T>(
  type: ResourceType<T>,
  choices: readonly { namespace: string; labels: string }[],
): T[][] {
  const hub = useHub();
  const wanted = choices.map(({ namespace, labels }) => ({
    path: listPath(type, namespace),
    query: queryOf(labels, ""),
  }));
  const key = JSON.stringify(wanted);
  const last = useRef<Collection[]>([]);
  const subscribe = useCallback(
    (reader: () => void) => {
      const leave = (JSON.parse(key) as typeof wanted).map(({ path, query }) => hub.subscribe(path, query, reader));
      return () => leave.forEach((end) => end());
    },
    [hub, key],
  );
  const collections = useSyncExternalStore(subscribe, () => {
    const present = wanted.map(({ path, query }) => hub.snapshot(path, query));
    const isSame = present.length === last.current.length && present.every((one, index) => one === last.current[index]);
    if (!isSame) last.current = present;
    return last.current;
  });
  return useMemo(() => collections.map((collection) => [...collection.objects.values()] as T[]), [collections]);
}
