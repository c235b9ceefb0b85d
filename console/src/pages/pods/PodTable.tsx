import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Pod } from "../../domain/objects";
import { podState, restarts } from "../../domain/podState";
import { compareLevels, type State } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { PodMenu } from "./PodMenu";

interface Row {
  pod: Pod;
  state: State;
}

interface PodTableProps {
  pods: readonly Pod[];
  empty: string;
  /** The namespace goes without saying. */
  isWithinWorkload?: boolean;
}

export function PodTable({ pods, empty, isWithinWorkload = false }: PodTableProps) {
  const { t } = useI18n();
  const rows = useMemo(() => pods.map((pod) => ({ pod, state: podState(pod) })), [pods]);
  const columns = useColumns(isWithinWorkload);
  return (
    <DataTable
      label={t("nav.pods")}
      rows={rows}
      columns={columns}
      keyOf={({ pod }) => pod.metadata.uid}
      sortedBy="name"
      empty={empty}
      details={detailsOf}
    />
  );
}

function useColumns(isWithinWorkload: boolean): Column<Row>[] {
  const { t } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "160px",
      cell: ({ state }) => <StateBadge state={state} />,
      sortBy: ({ state }) => compareLevels(state.level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ pod }) => <NameCell pod={pod} />,
      sortBy: ({ pod }) => pod.metadata.name,
    },
    ...(isWithinWorkload ? [] : [namespaceColumn(t("column.namespace"))]),
    {
      id: "restarts",
      title: t("column.restarts"),
      width: "110px",
      cell: ({ pod }) => restarts(pod),
      sortBy: ({ pod }) => restarts(pod),
    },
    {
      id: "host",
      title: t("column.host"),
      width: "15%",
      cell: ({ pod }) => pod.spec.nodeName ?? "–",
      sortBy: ({ pod }) => pod.spec.nodeName ?? "",
    },
    { id: "address", title: t("column.address"), width: "135px", cell: ({ pod }) => pod.status?.podIP ?? "–" },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ pod }) => <Age since={pod.metadata.creationTimestamp} />,
      sortBy: ({ pod }) => -Date.parse(pod.metadata.creationTimestamp),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "56px",
      align: "right",
      cell: ({ pod }) => <PodMenu pod={pod} />,
    },
  ];
}

function namespaceColumn(title: string): Column<Row> {
  return {
    id: "namespace",
    title,
    width: "14%",
    cell: ({ pod }) => pod.metadata.namespace,
    sortBy: ({ pod }) => pod.metadata.namespace ?? "",
  };
}

function NameCell({ pod }: { pod: Pod }) {
  const { namespace = "", name } = pod.metadata;
  return (
    <Link to="/pods/$namespace/$name" params={{ namespace, name }} className={styles.name}>
      {name}
    </Link>
  );
}

function detailsOf({ state }: Row) {
  return state.what && state.level !== "ok" ? <StateSentence state={state} /> : null;
}
