import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNamespace } from "../../app/namespace";
import { EVENTS, HOSTS } from "../../api/resources";
import { folded, newestFirst } from "../../domain/events";
import { type Live, useLive } from "../../live/useLive";
import type { EventObject } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { Anchor, Stack } from "../../ui/kit";
import { Card, Page, Shimmer, WhenLive } from "../../ui/Page";
import { useWorkloads } from "../workloads/useWorkloads";
import { Glance } from "./Glance";
import { Headline } from "./Headline";
import styles from "./Home.module.css";
import { HostCard, PodCard, SiteCard, WorkloadCard } from "./cards";
import { Needs } from "./Needs";
import { RecentEvents } from "./RecentEvents";

const EVENTS_SHOWN = 9;

export function HomePage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const workloads = useWorkloads(namespace);
  const hosts = useLive(HOSTS);
  const events = useLive(EVENTS, { namespace });
  return (
    <Page
      title={t("home.title")}
      lead={workloads.isLoading ? null : <Headline rows={workloads.rows} hosts={hosts.items} />}
    >
      {workloads.isLoading ? (
        <Card>
          <Shimmer label={t("live.loading")} />
        </Card>
      ) : (
        <Stack gap="md">
          <div className={styles.cards}>
            <WorkloadCard rows={workloads.rows} />
            <PodCard rows={workloads.rows} />
            <HostCard hosts={hosts} />
            <SiteCard namespace={namespace} />
          </div>
          <div className={styles.columns}>
            <Stack gap="md">
              <Needs rows={workloads.rows} hosts={hosts.items} />
              <Card title={t("home.glance")} beside={<MoreLink to="/workloads" />}>
                <Glance rows={workloads.rows} />
              </Card>
            </Stack>
            <Latest events={events} />
          </div>
        </Stack>
      )}
    </Page>
  );
}

function Latest({ events }: { events: Live<EventObject> }) {
  const { t } = useI18n();
  const newest = useMemo(() => folded(newestFirst(events.items)).slice(0, EVENTS_SHOWN), [events.items]);
  return (
    <Card title={t("home.recent")} beside={<MoreLink to="/events" />}>
      <WhenLive live={events}>
        <RecentEvents events={newest} />
      </WhenLive>
    </Card>
  );
}

function MoreLink({ to }: { to: "/workloads" | "/events" }) {
  const { t } = useI18n();
  return (
    <Anchor component={Link} to={to} size="sm">
      {to === "/events" ? t("home.allEvents") : t("home.allWorkloads")}
    </Anchor>
  );
}
