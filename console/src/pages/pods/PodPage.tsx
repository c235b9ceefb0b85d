import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EVENTS, PODS } from "../../api/resources";
import { newestFirst } from "../../domain/events";
import type { Pod } from "../../domain/objects";
import { podState, restarts } from "../../domain/podState";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { Stack } from "../../ui/kit";
import { Images } from "../../ui/Images";
import { Notice } from "../../ui/Notice";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import { EventTable } from "../events/EventTable";
import { LogPanel } from "../logs/LogPanel";
import { Fact } from "../workload/WorkloadFacts";
import facts from "../workload/WorkloadFacts.module.css";
import { PodMenu } from "./PodMenu";

export function PodPage() {
  const { t } = useI18n();
  const { namespace, name } = useParams({ from: "/shell/pods/$namespace/$name" });
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
  const { t } = useI18n();
  const state = podState(pod);
  const { namespace = "", name, uid } = pod.metadata;
  const live = useLive(EVENTS, { namespace, fields: `involvedObject.uid=${uid}` });
  const events = useMemo(() => newestFirst(live.items), [live.items]);
  const pods = useMemo(() => [pod], [pod]);
  return (
    <Page title={name} beside={<StateBadge state={state} />} actions={<PodMenu pod={pod} />} lead={<Lead pod={pod} />}>
      <Stack>
        {state.what && (
          <Notice level={state.level}>
            <StateSentence state={state} />
          </Notice>
        )}
        <Card title={t("tab.logs")}>
          <LogPanel pods={pods} />
        </Card>
        <Card title={t("tab.events")} isFlush>
          <WhenLive live={live}>
            <EventTable events={events} empty={t("events.none")} />
          </WhenLive>
        </Card>
      </Stack>
    </Page>
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
