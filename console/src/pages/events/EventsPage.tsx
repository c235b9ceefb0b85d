import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNamespace } from "../../app/namespace";
import { EVENTS } from "../../api/resources";
import { type Happening, newestFirst } from "../../domain/events";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { Group, SegmentedControl, TextInput } from "../../ui/kit";
import { Search } from "../../ui/icons";
import { Card, Page, WhenLive } from "../../ui/Page";
import { EventTable } from "./EventTable";

export function EventsPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const { q = "", type = "" } = useSearch({ from: "/shell/events" });
  const navigate = useNavigate({ from: "/events" });
  const set = (change: { q?: string; type?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const live = useLive(EVENTS, { namespace });
  const events = useMemo(
    () => newestFirst(live.items).filter((event) => matches(event, q, type)),
    [live.items, q, type],
  );
  return (
    <Page
      title={t("nav.events")}
      lead={
        <Group>
          <TextInput
            w={260}
            leftSection={<Search size={15} aria-hidden />}
            placeholder={t("list.find")}
            aria-label={t("list.find")}
            value={q}
            onChange={(event) => set({ q: event.currentTarget.value || undefined })}
          />
          <SegmentedControl
            aria-label={t("column.type")}
            value={type}
            onChange={(value) => set({ type: value || undefined })}
            data={[
              { value: "", label: t("events.all") },
              { value: "Warning", label: t("events.warnings") },
            ]}
          />
        </Group>
      }
    >
      <Card isFlush>
        <WhenLive live={live}>
          <EventTable events={events} empty={live.items.length ? t("list.noMatch") : t("events.none")} />
        </WhenLive>
      </Card>
    </Page>
  );
}

function matches(event: Happening, sought: string, type: string): boolean {
  if (type === "Warning" && !event.isWarning) return false;
  const { kind, namespace, name } = event.about;
  return `${kind}/${name} ${namespace} ${event.reason} ${event.message}`
    .toLowerCase()
    .includes(sought.trim().toLowerCase());
}
