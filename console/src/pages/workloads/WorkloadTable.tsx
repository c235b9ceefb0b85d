import { Link } from "@tanstack/react-router";
import { compareLevels } from "../../domain/state";
import { containersOf, healthOf } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { HealthBar } from "../../ui/HealthBar";
import { Images } from "../../ui/Images";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import { ScaleControl } from "../workload/ScaleControl";
import { WayOut } from "../workload/WayOut";
import { WorkloadMenu } from "../workload/WorkloadMenu";
import type { WorkloadRow } from "./useWorkloads";
import styles from "./WorkloadTable.module.css";

export function WorkloadTable({ rows, empty }: { rows: WorkloadRow[]; empty: string }) {
  const { t } = useI18n();
  return (
    <DataTable
      label={t("nav.workloads")}
      rows={rows}
      columns={useColumns()}
      keyOf={(row) => row.key}
      empty={empty}
      rowHeight={56}
      details={detailsOf}
    />
  );
}

function useColumns(): Column<WorkloadRow>[] {
  const { t } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "150px",
      cell: (row) => <StateBadge state={row.state} />,
      sortBy: (row) => compareLevels(row.state.level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: (row) => <NameCell row={row} />,
      sortBy: (row) => row.workload.obj.metadata.name,
    },
    {
      id: "images",
      title: t("column.images"),
      width: "21%",
      cell: (row) => <Images images={containersOf(row.workload).map((one) => one.image)} />,
      sortBy: (row) => containersOf(row.workload)[0]?.image ?? "",
    },
    {
      id: "health",
      title: t("column.pods"),
      width: "190px",
      cell: (row) => <HealthBar health={healthOf(row.workload)} isBad={row.state.level === "bad"} />,
      sortBy: (row) => healthOf(row.workload).desired,
    },
    { id: "scale", title: t("column.scale"), width: "130px", cell: (row) => <ScaleControl workload={row.workload} /> },
    {
      id: "age",
      title: t("column.age"),
      width: "80px",
      cell: (row) => <Age since={row.workload.obj.metadata.creationTimestamp} />,
      sortBy: (row) => -Date.parse(row.workload.obj.metadata.creationTimestamp),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "56px",
      align: "right",
      cell: (row) => <WorkloadMenu workload={row.workload} />,
    },
  ];
}

function NameCell({ row }: { row: WorkloadRow }) {
  const { t } = useI18n();
  const { kind, obj } = row.workload;
  const { namespace = "", name } = obj.metadata;
  return (
    <div>
      <Link to="/workloads/$kind/$namespace/$name" params={{ kind, namespace, name }} className={styles.name}>
        {name}
      </Link>
      <div className={styles.place}>
        {namespace} · {t(`kind.${kind}`)}
      </div>
    </div>
  );
}

/** What is at rest needs no words. */
function detailsOf({ workload, state }: WorkloadRow) {
  if (!state.what || state.level === "idle" || state.level === "ok") return null;
  return <StateSentence state={state} way={<WayOut workload={workload} state={state} />} />;
}
