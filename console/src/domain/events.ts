// Events in one form, whichever of the two ways they were written in.
import type { EventObject } from "./objects";

export interface Happening {
  uid: string;
  isWarning: boolean;
  reason: string;
  message: string;
  count: number;
  /** Milliseconds. */
  lastSeen: number;
  about: { kind: string; namespace: string; name: string; uid: string };
  from: string;
}

export function happening(event: EventObject): Happening {
  const { kind = "", namespace = "", name = "", uid = "" } = event.involvedObject ?? {};
  const seen =
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return {
    uid: event.metadata.uid,
    isWarning: event.type === "Warning",
    reason: event.reason ?? "",
    message: event.message ?? "",
    count: event.series?.count ?? event.count ?? 1,
    lastSeen: Date.parse(seen),
    about: { kind, namespace, name, uid },
    from: event.reportingComponent || event.source?.component || "",
  };
}

/** Events about the same object for the same reason as one, the newest, which tells how many there are; newest first. */
export function folded(events: readonly Happening[]): Happening[] {
  const first = new Map<string, Happening>();
  for (const event of events) {
    const key = `${event.about.uid || event.about.name} ${event.reason}`;
    const known = first.get(key);
    if (known) known.count += event.count;
    else first.set(key, { ...event });
  }
  return [...first.values()];
}

/** The newest first. */
export function newestFirst(events: readonly EventObject[]): Happening[] {
  return events.map(happening).sort((a, b) => b.lastSeen - a.lastSeen);
}
