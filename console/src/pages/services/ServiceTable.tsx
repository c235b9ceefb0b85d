import type { Service } from "../../domain/objects";
import { nodePorts, serviceAddresses } from "../../domain/services";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { EndpointCount } from "./EndpointCount";
import type { Endpoints } from "./SiteTable";

interface ServiceTableProps {
  services: readonly Service[];
  endpoints: Endpoints;
  areEndpointsKnown: boolean;
}

export function ServiceTable({ services, endpoints, areEndpointsKnown }: ServiceTableProps) {
  const { t } = useI18n();
  const columns = useColumns(endpoints, areEndpointsKnown);
  return (
    <DataTable
      label={t("services.services")}
      rows={services}
      columns={columns}
      keyOf={(one) => one.metadata.uid}
      sortedBy="name"
      empty={t("services.none")}
      rowHeight={58}
    />
  );
}

function useColumns(endpoints: Endpoints, areEndpointsKnown: boolean): Column<Service>[] {
  const { t } = useI18n();
  return [
    {
      id: "name",
      title: t("column.name"),
      sortBy: (one) => one.metadata.name,
      cell: (one) => (
        <div>
          <b>{one.metadata.name}</b>
          <div className={styles.place}>{one.metadata.namespace}</div>
        </div>
      ),
    },
    {
      id: "type",
      title: t("column.type"),
      width: "130px",
      sortBy: (one) => one.spec.type ?? "",
      cell: (one) => one.spec.type ?? "ClusterIP",
    },
    {
      id: "addresses",
      title: t("column.addresses"),
      width: "24%",
      cell: (one) => (
        <div>
          {serviceAddresses(one).map((address) => (
            <div key={address}>{address}</div>
          ))}
          {nodePorts(one).map((port) => (
            <div key={port} className={styles.place}>
              {t("services.nodePort", { port: String(port) })}
            </div>
          ))}
        </div>
      ),
    },
    {
      id: "endpoints",
      title: t("column.endpoints"),
      width: "190px",
      cell: (one) =>
        one.spec.type === "ExternalName" || !areEndpointsKnown ? (
          "–"
        ) : (
          <EndpointCount count={endpoints.get(`${one.metadata.namespace}/${one.metadata.name}`)} />
        ),
    },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      sortBy: (one) => -Date.parse(one.metadata.creationTimestamp),
      cell: (one) => <Age since={one.metadata.creationTimestamp} />,
    },
  ];
}
