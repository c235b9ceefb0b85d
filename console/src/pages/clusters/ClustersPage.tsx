import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { HOME_CLUSTER } from "../../api/cluster";
import { CLUSTERS } from "../../api/clusters";
import { removeObject } from "../../api/objects";
import { type Cluster, clusterState, totalsOf } from "../../domain/clusters";
import { bytes } from "../../domain/quantities";
import { compareLevels } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Plus, Trash2 } from "../../ui/icons";
import { ActionIcon, Button } from "../../ui/kit";
import { Card, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { quantity } from "../../domain/quantities";
import styles from "../workloads/WorkloadTable.module.css";
import { AddClusterDialog } from "./AddClusterDialog";

export function ClustersPage() {
  const { t, language } = useI18n();
  const live = useLive(CLUSTERS);
  const [isAdding, setAdding] = useState(false);
  const { hosts, readyHosts, cpus, memory } = totalsOf(live.items);
  const add = (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t("clusters.add")}
    </Button>
  );
  return (
    <Page
      title={t("nav.clusters")}
      actions={add}
      lead={t("clusters.total", { hosts, readyHosts, cpus, memory: bytes(memory, language) })}
    >
      <Card isFlush>
        <WhenLive live={live}>
          <DataTable
            label={t("nav.clusters")}
            rows={live.items}
            columns={useColumns()}
            keyOf={({ metadata }) => metadata.uid}
            sortedBy="name"
            empty={t("clusters.none")}
            rowHeight={56}
            details={(cluster) => <Details cluster={cluster} />}
          />
        </WhenLive>
      </Card>
      {isAdding && <AddClusterDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Details({ cluster }: { cluster: Cluster }) {
  const { t } = useI18n();
  const state = clusterState(cluster);
  const away = (cluster.status?.hosts ?? []).filter((host) => !host.ready).map((host) => host.name);
  if (!state.what && !away.length) return null;
  return (
    <>
      <StateSentence state={state} />
      {away.length > 0 && <div>{t("clusters.away", { names: away.join(", ") })}</div>}
    </>
  );
}

function useColumns(): Column<Cluster>[] {
  const { t, language } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "140px",
      cell: (one) => <StateBadge state={clusterState(one)} />,
      sortBy: (one) => compareLevels(clusterState(one).level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata: { name } }) => (
        <Link to="/" search={{ cluster: name === HOME_CLUSTER ? undefined : name }} className={styles.name}>
          {name}
        </Link>
      ),
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "driver",
      title: t("clusters.driver"),
      width: "14%",
      cell: ({ spec }) => t(`driver.${spec.driver}`),
      sortBy: ({ spec }) => spec.driver,
    },
    { id: "version", title: t("clusters.version"), width: "15%", cell: ({ status }) => status?.version || "–" },
    {
      id: "hosts",
      title: t("nav.hosts"),
      width: "110px",
      cell: ({ status }) => {
        const all = status?.hosts ?? [];
        return t("clusters.hostsOf", { ready: all.filter((one) => one.ready).length, all: all.length });
      },
    },
    { id: "cpus", title: t("column.cpus"), width: "90px", cell: ({ status }) => status?.capacity?.cpu ?? "–" },
    {
      id: "memory",
      title: t("column.memory"),
      width: "110px",
      cell: ({ status }) => bytes(quantity(status?.capacity?.memory), language),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "60px",
      align: "right",
      cell: (cluster) => <Remove cluster={cluster} />,
    },
  ];
}

function Remove({ cluster }: { cluster: Cluster }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { name } = cluster.metadata;
  if (name === HOME_CLUSTER) return null;
  const remove = async () => {
    const sure = await confirm({
      title: t("clusters.removeTitle", { name }),
      text: t("clusters.removeText"),
      verb: t("hosts.remove"),
    });
    if (sure) await run(() => removeObject(CLUSTERS, cluster), t("done.deleted", { name }));
  };
  return (
    <ActionIcon color="gray" size="lg" aria-label={t("catalog.remove", { name })} onClick={() => void remove()}>
      <Trash2 size={16} />
    </ActionIcon>
  );
}
