import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { PODS, REPLICA_SETS, WORKLOADS } from "../../api/resources";
import type { Pod, ReplicaSet, WorkloadObject } from "../../domain/objects";
import { controllerOf } from "../../domain/objects";
import { ownedSets } from "../../domain/rollout";
import { canRollBack, podSelector, WORKLOAD_KINDS, type Workload, type WorkloadKind } from "../../domain/workloads";
import { workloadState } from "../../domain/workloadState";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { Tabs } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { LogPanel } from "../logs/LogPanel";
import { PodTable } from "../pods/PodTable";
import { Orchestrator } from "./Orchestrator";
import { Revisions } from "./Revisions";
import { RolloutBar } from "./RolloutBar";
import { WayOut } from "./WayOut";
import { WorkloadActions } from "./WorkloadActions";
import { WorkloadEvents } from "./WorkloadEvents";
import { WorkloadFacts } from "./WorkloadFacts";
import styles from "./WorkloadPage.module.css";

export function WorkloadPage() {
  const { t } = useI18n();
  const { kind, namespace, name } = useParams({ from: "/shell/workloads/$kind/$namespace/$name" });
  const known = WORKLOAD_KINDS.find((one) => one === kind);
  if (!known) {
    return (
      <Page title={name}>
        <Empty>{t("workload.unknownKind", { kind })}</Empty>
      </Page>
    );
  }
  return <LiveWorkload kind={known} namespace={namespace} name={name} />;
}

function LiveWorkload({ kind, namespace, name }: { kind: WorkloadKind; namespace: string; name: string }) {
  const { t } = useI18n();
  const live = useLiveObject(WORKLOADS[kind], namespace, name);
  if (live.object) return <Detail workload={{ kind, obj: live.object }} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("workload.gone", { name, namespace })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ workload }: { workload: Workload }) {
  const { kind, obj } = workload;
  const { namespace = "", name } = obj.metadata;
  const labels = podSelector(workload);
  const livePods = useLive(PODS, { namespace, labels, isOff: !labels });
  const liveSets = useLive(REPLICA_SETS, { namespace, labels, isOff: !canRollBack(kind) });
  const sets = useMemo(() => ownedSets(obj, liveSets.items), [obj, liveSets.items]);
  const pods = useMemo(() => ownedPods(obj, sets, livePods.items), [obj, sets, livePods.items]);
  const state = workloadState(workload, pods);
  return (
    <Page
      title={name}
      beside={<StateBadge state={state} />}
      actions={<WorkloadActions workload={workload} />}
      lead={
        <>
          <WorkloadFacts workload={workload} isBad={state.level === "bad"} />
          {(state.level === "bad" || state.level === "warn") && (
            <div className={styles.notice}>
              <Notice level={state.level}>
                <StateSentence state={state} way={<WayOut workload={workload} state={state} />} />
              </Notice>
            </div>
          )}
          <Orchestrator workload={workload} />
          {canRollBack(kind) && <RolloutBar deployment={obj} sets={sets} />}
        </>
      }
    >
      <Card isFlush>
        <Sections workload={workload} pods={pods} sets={sets} isLoading={livePods.isLoading && !!labels} />
      </Card>
    </Page>
  );
}

interface SectionsProps {
  workload: Workload;
  pods: Pod[];
  sets: ReplicaSet[];
  isLoading: boolean;
}

function Sections({ workload, pods, sets, isLoading }: SectionsProps) {
  const { t } = useI18n();
  const { tab = "pods", pod } = useSearch({ from: "/shell/workloads/$kind/$namespace/$name" });
  const navigate = useNavigate({ from: "/workloads/$kind/$namespace/$name" });
  const open = (chosen: string | null) =>
    void navigate({ search: (before) => ({ ...before, tab: chosen ?? undefined }), replace: true });
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List px="md" pt={6}>
        <Tabs.Tab value="pods">{t("tab.pods", { count: pods.length })}</Tabs.Tab>
        <Tabs.Tab value="logs">{t("tab.logs")}</Tabs.Tab>
        {canRollBack(workload.kind) && <Tabs.Tab value="revisions">{t("tab.revisions")}</Tabs.Tab>}
        <Tabs.Tab value="events">{t("tab.events")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="pods">
        <WhenLive live={{ isLoading, isAbsent: false }}>
          <PodTable pods={pods} empty={t("pods.none")} isWithinWorkload />
        </WhenLive>
      </Tabs.Panel>
      <Tabs.Panel value="logs" p="md">
        <LogPanel pods={pods} first={pod} />
      </Tabs.Panel>
      <Tabs.Panel value="revisions" p="md">
        <Revisions deployment={workload.obj} sets={sets} />
      </Tabs.Panel>
      <Tabs.Panel value="events">
        <WorkloadEvents workload={workload} sets={sets} pods={pods} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** Pods whose controller is the workload or one of its replica sets: a selector alone may match strangers. */
function ownedPods(obj: WorkloadObject, sets: readonly ReplicaSet[], pods: readonly Pod[]): Pod[] {
  const owners = new Set([obj.metadata.uid, ...sets.map((set) => set.metadata.uid)]);
  return pods.filter((pod) => owners.has(controllerOf(pod)?.uid ?? ""));
}
