import { useMemo } from "react";
import { EVENTS } from "../../api/resources";
import { newestFirst } from "../../domain/events";
import type { Stack } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { WhenLive } from "../../ui/Page";
import { EventTable } from "../events/EventTable";

/** What happened to the stack and to everything in its services. */
export function StackEvents({ stack }: { stack: Stack }) {
  const { t } = useI18n();
  const { namespace = "", name } = stack.metadata;
  const live = useLive(EVENTS, { namespace });
  const events = useMemo(() => {
    const prefixes = [name, ...(stack.status?.services ?? []).map((one) => one.name)];
    const isOwn = (about = "") => prefixes.some((prefix) => about === prefix || about.startsWith(`${prefix}-`));
    return newestFirst(live.items.filter((event) => isOwn(event.involvedObject.name)));
  }, [live.items, name, stack.status?.services]);
  return (
    <WhenLive live={live}>
      <EventTable events={events} empty={t("events.none")} />
    </WhenLive>
  );
}
