import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { EVENTS, PODS } from "../../api/resources";
import { newestFirst } from "../../domain/events";
import type { Pod } from "../../domain/objects";
import { podState, restarts } from "../../domain/podState";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { Stack, Tabs } from "../../ui/kit";
import { Images } from "../../ui/Images";
import { Notice } from "../../ui/Notice";
import { Card, Empty, Page, Shimmer, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import { EventTable } from "../events/EventTable";
import { LogPanel } from "../logs/LogPanel";
import { Fact } from "../workload/WorkloadFacts";
import facts from "../workload/WorkloadFacts.module.css";
import { Explanation } from "./Explanation";
import { PodMenu } from "./PodMenu";

const FROM = "/shell/pods/$namespace/$name";
const TerminalPanel = lazy(async () => ({ default: (await import("../terminal/TerminalPanel")).TerminalPanel }));

export function PodPage() {
  const { t } = useI18n();
  const { namespace, name } = useParams({ from: FROM });
  const live = useLiveObject(PODS, namespace, name);
  if (live.object) return <Detail pod={live.object} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("workload.gone", { name, namespace })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ pod }: { pod: Pod }) {
  const state = podState(pod);
  return (
    <Page
      title={pod.metadata.name}
      beside={<StateBadge state={state} />}
      actions={<PodMenu pod={pod} />}
      lead={<Lead pod={pod} />}
    >
      <Stack>
        {state.what && (
          <Notice level={state.level}>
            <StateSentence state={state} />
          </Notice>
        )}
        {!pod.spec.nodeName && <Explanation pod={pod} />}
        <Card isFlush>
          <Sections pod={pod} />
        </Card>
      </Stack>
    </Page>
  );
}

function Sections({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const { tab = "logs" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/pods/$namespace/$name" });
  const pods = useMemo(() => [pod], [pod]);
  const open = (chosen: string | null) =>
    void navigate({ search: (before) => ({ ...before, tab: chosen ?? undefined }), replace: true });
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List px="md" pt={6}>
        <Tabs.Tab value="logs">{t("tab.logs")}</Tabs.Tab>
        <Tabs.Tab value="terminal">{t("tab.terminal")}</Tabs.Tab>
        <Tabs.Tab value="events">{t("tab.events")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="logs" p="md">
        <LogPanel pods={pods} />
      </Tabs.Panel>
      <Tabs.Panel value="terminal" p="md">
        <Suspense fallback={<Shimmer label={t("live.loading")} />}>
          <TerminalPanel pod={pod} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="events">
        <PodEvents pod={pod} />
      </Tabs.Panel>
    </Tabs>
  );
}

function PodEvents({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const { namespace = "", uid } = pod.metadata;
  const live = useLive(EVENTS, { namespace, fields: `involvedObject.uid=${uid}` });
  const events = useMemo(() => newestFirst(live.items), [live.items]);
  return (
    <WhenLive live={live}>
      <EventTable events={events} empty={t("events.none")} />
    </WhenLive>
  );
}

function Lead({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const { nodeName } = pod.spec;
  return (
    <dl className={facts.facts}>
      <Fact term={t("column.namespace")}>{pod.metadata.namespace}</Fact>
      <Fact term={t("column.host")}>
        {nodeName ? (
          <Link to="/pods" search={{ host: nodeName }}>
            {nodeName}
          </Link>
        ) : (
          "–"
        )}
      </Fact>
      <Fact term={t("column.address")}>{pod.status?.podIP ?? "–"}</Fact>
      <Fact term={t("column.images")}>
        <Images images={pod.spec.containers.map((one) => one.image)} />
      </Fact>
      <Fact term={t("column.restarts")}>{restarts(pod)}</Fact>
      <Fact term={t("column.age")}>
        <Age since={pod.metadata.creationTimestamp} />
      </Fact>
    </dl>
  );
}
