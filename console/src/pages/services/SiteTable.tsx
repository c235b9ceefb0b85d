import { useMemo } from "react";
import { usePlatform } from "../../app/platform";
import type { Ingress } from "../../domain/objects";
import { keyOf } from "../../domain/objects";
import { type Site, sitesOf } from "../../domain/services";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { Anchor } from "../../ui/kit";
import { ExternalLink } from "../../ui/icons";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { EndpointCount } from "./EndpointCount";

export type Endpoints = Map<string, { ready: number; all: number }>;

interface Row {
  key: string;
  ingress: Ingress;
  site: Site;
}

export function SiteTable({ ingresses, endpoints }: { ingresses: readonly Ingress[]; endpoints: Endpoints }) {
  const { t } = useI18n();
  const { balancer } = usePlatform();
  const rows = useMemo(
    () =>
      ingresses.flatMap((ingress) =>
        sitesOf(ingress, balancer).map((site, index) => ({ key: `${ingress.metadata.uid}/${index}`, ingress, site })),
      ),
    [ingresses, balancer],
  );
  return (
    <DataTable
      label={t("services.sites")}
      rows={rows}
      columns={useColumns(endpoints)}
      keyOf={(row) => row.key}
      sortedBy="site"
      empty={t("services.noSites")}
    />
  );
}

function useColumns(endpoints: Endpoints): Column<Row>[] {
  const { t } = useI18n();
  return [
    {
      id: "site",
      title: t("column.address"),
      sortBy: ({ site }) => site.host + site.path,
      cell: ({ site }) =>
        site.url ? (
          <Anchor href={site.url} target="_blank" rel="noreferrer" fw={600} size="sm">
            {site.url} <ExternalLink size={13} aria-label={t("services.newTab")} />
          </Anchor>
        ) : (
          site.host + site.path
        ),
    },
    {
      id: "ingress",
      title: t("column.name"),
      width: "22%",
      sortBy: ({ ingress }) => keyOf(ingress),
      cell: ({ ingress }) => (
        <div>
          {ingress.metadata.name}
          <div className={styles.place}>{ingress.metadata.namespace}</div>
        </div>
      ),
    },
    { id: "backend", title: t("column.service"), width: "18%", cell: ({ site }) => site.backend },
    {
      id: "endpoints",
      title: t("column.endpoints"),
      width: "170px",
      cell: ({ ingress, site }) => (
        <EndpointCount count={endpoints.get(`${ingress.metadata.namespace}/${site.backend.split(":")[0]}`)} />
      ),
    },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ ingress }) => <Age since={ingress.metadata.creationTimestamp} />,
    },
  ];
}
