import { useMemo } from "react";
import { EVENTS } from "../../api/resources";
import { newestFirst } from "../../domain/events";
import type { Pod, ReplicaSet } from "../../domain/objects";
import type { Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { WhenLive } from "../../ui/Page";
import { EventTable } from "../events/EventTable";

/** Events of the workload, of its replica sets, and of its pods, those that are gone included. */
export function WorkloadEvents({
  workload,
  sets,
  pods,
}: {
  workload: Workload;
  sets: readonly ReplicaSet[];
  pods: readonly Pod[];
}) {
  const { t } = useI18n();
  const { obj } = workload;
  const live = useLive(EVENTS, { namespace: obj.metadata.namespace });
  const events = useMemo(() => {
    const own = new Set([obj, ...sets, ...pods].map((one) => one.metadata.uid));
    const prefixes = [...(sets.length ? sets.map((set) => set.metadata.name) : [obj.metadata.name])].map(
      (name) => `${name}-`,
    );
    return newestFirst(live.items).filter(
      ({ about }) =>
        own.has(about.uid) || (about.kind === "Pod" && prefixes.some((prefix) => about.name.startsWith(prefix))),
    );
  }, [live.items, obj, sets, pods]);
  return (
    <WhenLive live={live}>
      <EventTable events={events} empty={t("events.none")} />
    </WhenLive>
  );
}
