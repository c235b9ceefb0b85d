import { Link } from "@tanstack/react-router";
import { serviceHealth, serviceLevel, type Stack, type StackService } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { HealthBar } from "../../ui/HealthBar";
import { Images } from "../../ui/Images";
import { LevelIcon } from "../../ui/State";
import styles from "../workloads/WorkloadTable.module.css";

/** Every service with the sentence that the platform says of it. */
export function StackServices({ stack }: { stack: Stack }) {
  const { t } = useI18n();
  return (
    <DataTable
      label={t("column.services")}
      rows={stack.status?.services ?? []}
      columns={useColumns(stack.metadata.namespace ?? "")}
      keyOf={({ name }) => name}
      empty={t("stacks.noServices")}
    />
  );
}

function useColumns(namespace: string): Column<StackService>[] {
  const { t } = useI18n();
  return [
    {
      id: "name",
      title: t("column.name"),
      width: "24%",
      cell: ({ kind, name }) => (
        <Link to="/workloads/$kind/$namespace/$name" params={{ kind, namespace, name }} className={styles.name}>
          {name}
        </Link>
      ),
      sortBy: ({ name }) => name,
    },
    {
      id: "pods",
      title: t("column.pods"),
      width: "170px",
      cell: (service) => <HealthBar health={serviceHealth(service)} isBad={serviceLevel(service) === "bad"} />,
    },
    {
      id: "message",
      title: t("column.state"),
      cell: (service) => (
        <span className={styles.sentence}>
          <LevelIcon level={serviceLevel(service)} size={15} />
          {service.message || service.state}
        </span>
      ),
    },
    { id: "images", title: t("column.images"), width: "22%", cell: ({ images = [] }) => <Images images={images} /> },
    {
      id: "needs",
      title: t("column.needs"),
      width: "15%",
      cell: ({ needs = [] }) => needs.join(", ") || "–",
    },
  ];
}
